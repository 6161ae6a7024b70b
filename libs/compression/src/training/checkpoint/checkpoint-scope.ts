import { withoutMark } from '#onnx';
import { loadCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint.js';
import { DamagedCheckpointError } from '../errors.js';
import type { PassContext } from '../../pass.js';
import type { Stateful, Trainer } from '../trainer.js';
import { AVERAGE, WEIGHTS } from '../update/kernels.js';
import type { Warnings } from '../warnings.js';

/** How often at most a checkpoint is written within an epoch, unless the stage says otherwise. */
const EVERY_MS = 30_000;

/** All that has a state in a training: the trainer of its student, and what its batches come from. */
export type Trainers = Readonly<Record<string, Stateful>> & { readonly student: Trainer };

/** What a training keeps beside the states of its trainers. */
export interface Kept {
  /** Epochs that were done; all of them when it had ended. */
  epochs: number;
  /** Whatever else it needs to go on, as JSON. */
  memo: unknown;
  /** The weights of its best epoch, where one is kept. */
  best: Float32Array | null;
}

/** What was kept, and of which job's shorter training, where it was another's. */
export type Resumed = Kept & { from?: string };

/** Where one training of a pass keeps its state. */
export interface CheckpointScope {
  /** Whether it is time for a checkpoint within an epoch. */
  isDue(): boolean;
  /**
   * Puts the trainers into the state they were in when this training was last kept, and says what was kept with it;
   * null when it never was.
   */
  resume(epochs: number, trainers: Trainers): Promise<Resumed | null>;
  /** Keeps the state of a training that is to run for `epochs`. */
  keep(kept: Kept, epochs: number, trainers: Trainers): Promise<void>;
  /** Keeps the result for the trainings that follow. */
  end(memo: unknown, epochs: number, trainers: Trainers): Promise<void>;
}

/** The part of a pass's context that checkpoints are kept by. */
type CheckpointPlace = Pick<PassContext, 'checkpointFile' | 'checkpointMs' | 'checkpointLost' | 'checkpointFrom'>;

/**
 * The checkpoint of a pass that trains several models one after the other: results of those that ended, state of the
 * one that runs.
 */
export class PassCheckpoint {
  private readonly results = new Map<string, Float32Array>();
  private readonly steps: Record<string, number> = {};
  private readonly memos: unknown[] = [];
  /** The last training that the file held the result of. */
  private endedBefore = -1;
  private savedAt = performance.now();

  /** Without a file nothing is kept. `run` says what is trained: a checkpoint of another run is not taken up. */
  constructor(
    private readonly run: string,
    private readonly trainings: number,
    private readonly place: CheckpointPlace,
    private readonly warnings: Warnings,
  ) {
    if (place.checkpointLost !== undefined) this.lose(place.checkpointLost);
  }

  /** The scope of training `at`, counted from 0. */
  scope(at: number): CheckpointScope {
    return {
      isDue: () =>
        this.place.checkpointFile !== undefined &&
        performance.now() - this.savedAt >= (this.place.checkpointMs ?? EVERY_MS),
      resume: (epochs, trainers) => this.resume(at, epochs, trainers),
      keep: async ({ epochs: done, memo, best }, epochs, trainers) => {
        const vectors = Object.entries(trainers).flatMap(([name, { state }]) => {
          const nameOf = (vector: string) => vectorName(at, name, vector);
          return [...state.vectors].map(([vector, data]): [string, Float32Array] => [nameOf(vector), data]);
        });
        const stepsOf = Object.entries(trainers).map(([name, { state }]) => [`${at}/${name}`, state.step]);
        const steps = Object.fromEntries(stepsOf) as Record<string, number>;
        if (best) vectors.push([`${at}/best`, best]);
        await this.save(at * epochs + done, vectors, steps, at, memo);
      },
      end: async (memo, epochs, trainers) => {
        for (const [name, trainer] of Object.entries(trainers)) {
          this.steps[`${at}/${name}`] = trainer.state.step;
          if (name === 'student') this.results.set(`${at}/result`, trainers.student.weights.slice());
          else for (const [vector, data] of trainer.state.vectors) this.results.set(vectorName(at, name, vector), data);
        }
        // A training that had ended before the kill is in the file already, with the state of the one after it.
        if (at < this.trainings - 1 && at > this.endedBefore) await this.save((at + 1) * epochs, [], {}, at, memo);
      },
    };
  }

  private async save(
    epochs: number,
    vectors: [string, Float32Array][],
    steps: Record<string, number>,
    at: number,
    memo: unknown,
  ): Promise<void> {
    this.memos[at] = memo;
    const { checkpointFile } = this.place;
    if (checkpointFile === undefined) return;
    const checkpoint = {
      run: this.run,
      epochs,
      steps: { ...this.steps, ...steps },
      vectors: new Map([...this.results, ...vectors]),
      memo: this.memos,
    };
    // A checkpoint is an offer to a later attempt: one that cannot be written, as on a full disk, does not end this
    // one.
    await saveCheckpoint(checkpointFile, checkpoint).catch((error: Error) =>
      this.warnings.add(
        `a checkpoint could not be written (${error.message}): a kill would cost the training since the last one`,
      ),
    );
    this.savedAt = performance.now();
  }

  private async load(): Promise<Checkpoint | null> {
    const { checkpointFile } = this.place;
    if (checkpointFile === undefined) return null;
    try {
      return await loadCheckpoint(checkpointFile, this.run);
    } catch (error) {
      this.lose(
        error instanceof DamagedCheckpointError
          ? error.message
          : `the checkpoint cannot be read (${(error as Error).message})`,
      );
      return null;
    }
  }

  /** Says once what became of a checkpoint that cannot be used. */
  private lose(reason: string): void {
    this.warnings.add(`${reason}: training begins anew`);
  }

  private async resume(at: number, epochs: number, trainers: Trainers): Promise<Resumed | null> {
    const found = await this.load();
    if (found?.steps[`${at}/student`] === undefined) return null;
    const result = found.vectors.get(`${at}/result`);
    for (const [name, { state }] of Object.entries(trainers)) {
      state.step = found.steps[`${at}/${name}`] ?? 0;
      for (const vector of state.vectors.keys()) {
        const kept =
          result && name === 'student'
            ? RESULTS.has(vector) && result
            : found.vectors.get(vectorName(at, name, vector));
        if (kept) state.vectors.get(vector)!.set(kept);
      }
    }
    if (result) this.endedBefore = at;
    const memo = found.memo[at];
    this.memos[at] = memo;
    return {
      epochs: Math.min(epochs, found.epochs - at * epochs),
      memo,
      best: found.vectors.get(`${at}/best`) ?? null,
      ...(this.place.checkpointFrom === undefined ? {} : { from: this.place.checkpointFrom }),
    };
  }
}

/** Where a checkpoint keeps a vector: its name in the file is the same whatever marks the graph's own values. */
function vectorName(at: number, trainer: string, vector: string): string {
  return `${at}/${trainer}/${withoutMark(vector)}`;
}

/** The state vectors that a result is read from. */
const RESULTS: ReadonlySet<string> = new Set([WEIGHTS, AVERAGE]);
