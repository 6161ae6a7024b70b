import { STEP } from '#autodiff';
import { loadCheckpoint, saveCheckpoint } from '../train/checkpoint.js';
import type { Trainer } from '../train/trainer.js';

type Trainers = Readonly<Record<string, Trainer>>;

/** How far a training had come. */
export interface Resumed {
  /** Epochs that were done; all of them when it had ended. */
  epochs: number;
  curve: unknown;
  /** The weights of its best epoch, where one is kept. */
  best: Float32Array | null;
}

/** Where one training of a pass keeps its state. */
export interface CheckpointScope {
  /** Puts the trainers into the state they were in when this training was last kept, and says how many of its epochs were done; null when none was. */
  resume(epochs: number, trainers: Trainers): Promise<Resumed | null>;
  /** Keeps the state after `done` of `epochs`. */
  keep(done: number, epochs: number, trainers: Trainers, curve: unknown, best: Float32Array | null): Promise<void>;
  /** Keeps the result for the trainings that follow. */
  end(epochs: number, trainers: Trainers, curve: unknown): Promise<void>;
}

/** The checkpoint of a pass that trains several models one after the other: results of those that ended, state of the one that runs. */
export class PassCheckpoint {
  private readonly results = new Map<string, Float32Array>();
  private readonly steps: Record<string, number> = {};
  private readonly curves: unknown[] = [];
  /** The last training that the file held the result of. */
  private endedBefore = -1;

  /** Without a file nothing is kept. `run` says what is trained: a checkpoint of another run is not taken up. */
  constructor(
    private readonly file: string | undefined,
    private readonly run: string,
    private readonly trainings: number,
  ) {}

  /** The scope of training `at`, counted from 0. */
  scope(at: number): CheckpointScope {
    return {
      resume: (epochs, trainers) => this.resume(at, epochs, trainers),
      keep: async (done, epochs, trainers, curve, best) => {
        if (done === epochs) return;
        const vectors = Object.entries(trainers).flatMap(([name, { state }]) => [...state.vectors].map(([vector, data]): [string, Float32Array] => [`${at}/${name}/${vector}`, data]));
        const steps = Object.fromEntries(Object.entries(trainers).map(([name, { state }]) => [`${at}/${name}`, state.step]));
        if (best) vectors.push([`${at}/best`, best]);
        await this.save(at * epochs + done, vectors, steps, at, curve);
      },
      end: async (epochs, trainers, curve) => {
        for (const [name, trainer] of Object.entries(trainers)) {
          this.steps[`${at}/${name}`] = trainer.state.step;
          if (name === 'student') this.results.set(`${at}/result`, trainer.weights);
          else for (const [vector, data] of trainer.state.vectors) this.results.set(`${at}/${name}/${vector}`, data);
        }
        // A training that had ended before the kill is in the file already, with the state of the one after it.
        if (at < this.trainings - 1 && at > this.endedBefore) await this.save((at + 1) * epochs, [], {}, at, curve);
      },
    };
  }

  private async save(epochs: number, vectors: [string, Float32Array][], steps: Record<string, number>, at: number, curve: unknown): Promise<void> {
    this.curves[at] = curve;
    if (!this.file) return;
    await saveCheckpoint(this.file, { run: this.run, epochs, steps: { ...this.steps, ...steps }, vectors: new Map([...this.results, ...vectors]), curve: this.curves });
  }

  private async resume(at: number, epochs: number, trainers: Trainers): Promise<Resumed | null> {
    const found = this.file ? await loadCheckpoint(this.file, this.run) : null;
    const done = Math.min(epochs, (found?.epochs ?? 0) - at * epochs);
    if (!found || done <= 0) return null;
    const result = found.vectors.get(`${at}/result`);
    for (const [name, { state }] of Object.entries(trainers)) {
      state.step = found.steps[`${at}/${name}`] ?? 0;
      for (const vector of state.vectors.keys()) {
        const kept = result && name === 'student' ? RESULTS.has(vector) && result : found.vectors.get(`${at}/${name}/${vector}`);
        if (kept) state.vectors.set(vector, kept);
      }
    }
    if (result) this.endedBefore = at;
    const curve = found.curve[at];
    this.curves[at] = curve;
    return { epochs: done, curve, best: found.vectors.get(`${at}/best`) ?? null };
  }
}

/** The state vectors that a result is read from. */
const RESULTS: ReadonlySet<string> = new Set([STEP.weights, STEP.average]);
