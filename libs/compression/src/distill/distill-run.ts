import { createHash } from 'node:crypto';
import type { DistillOptions } from '#contracts';
import type { PassContext } from '../pass.js';
import { loadCheckpoint, saveCheckpoint } from '../train/checkpoint.js';
import { learningRateAt } from '../train/schedule.js';
import type { StepLosses, Trainer } from '../train/trainer.js';
import { Fidelity } from './fidelity.js';
import type { Curriculum } from './lesson.js';
import type { Student } from './student.js';

/** Steps between two progress messages. */
const REPORT_EVERY = 10;

/** One point of the training curve. */
export interface CurvePoint {
  step: number;
  epoch: number;
  learningRate: number;
  samplesPerS: number;
  losses: StepLosses;
  /** At an epoch's last step, how near the student's outputs came to the teacher's over the epoch. */
  fidelity?: Record<string, number>;
}

/** The epochs of one distillation, with a checkpoint after each where the context keeps one. */
export class DistillRun {
  private readonly trainers: Readonly<Record<string, Trainer>>;
  private readonly steps: number;
  private readonly name: string;
  private curve: CurvePoint[] = [];
  private readonly fidelity = new Fidelity();
  private reported = { at: performance.now(), step: 0 };

  constructor(
    private readonly student: Student,
    private readonly curriculum: Curriculum,
    private readonly batchSize: number,
    private readonly context: PassContext,
    private readonly options: DistillOptions,
  ) {
    this.trainers = { student: student.trainer, ...curriculum.trainers };
    this.steps = curriculum.lessonsPerEpoch * options.epochs;
    this.name = createHash('sha256').update(JSON.stringify([options, context.seed, context.threads])).update(student.trainer.currentWeights).digest('hex');
  }

  /** Runs the epochs that are left and returns the training curve. Throws DivergedError. */
  async train(): Promise<CurvePoint[]> {
    for (let epoch = await this.resume(); epoch < this.options.epochs; epoch++) {
      let left = this.curriculum.lessonsPerEpoch;
      for await (const { inputs, answers, labels } of this.curriculum.lessons(epoch)) {
        const learningRate = learningRateAt(this.student.trainer.state.step, this.steps, this.options);
        const losses = this.fidelity.count(await this.student.learn(inputs, answers, labels, learningRate));
        this.report(epoch, learningRate, losses, --left === 0 ? this.fidelity.epoch() : undefined);
      }
      await this.keep(epoch + 1);
    }
    return this.curve;
  }

  private report(epoch: number, learningRate: number, losses: StepLosses, fidelity?: Record<string, number>): void {
    const { step } = this.student.trainer.state;
    if (step % REPORT_EVERY !== 0 && !fidelity && step !== 1) return;
    const now = performance.now();
    const samplesPerS = Math.round(((step - this.reported.step) * this.batchSize * 1000) / (now - this.reported.at));
    const etaS = ((now - this.reported.at) / 1000 / (step - this.reported.step)) * (this.steps - step);
    this.reported = { at: now, step };
    this.curve.push({ step, epoch: epoch + 1, learningRate, samplesPerS, losses, ...(fidelity && { fidelity }) });
    this.context.progress(step / this.steps, `epoch ${epoch + 1} of ${this.options.epochs}, ${Math.ceil(etaS)} s left`, { ...losses, ...fidelity, learningRate, samplesPerS });
  }

  /** Takes up the run's last checkpoint and returns how many epochs are done. */
  private async resume(): Promise<number> {
    const { checkpointFile, log } = this.context;
    const found = checkpointFile ? await loadCheckpoint(checkpointFile, this.name) : null;
    if (!found) return 0;
    for (const [name, trainer] of Object.entries(this.trainers)) {
      trainer.state.step = found.steps[name]!;
      for (const vector of trainer.state.vectors.keys()) trainer.state.vectors.set(vector, found.vectors.get(`${name}/${vector}`)!);
    }
    this.curve = found.curve as CurvePoint[];
    this.reported = { at: performance.now(), step: this.student.trainer.state.step };
    log(`resumed after epoch ${found.epochs} of ${this.options.epochs}`);
    return found.epochs;
  }

  private async keep(epochs: number): Promise<void> {
    const { checkpointFile } = this.context;
    if (!checkpointFile || epochs === this.options.epochs) return;
    const vectors = Object.entries(this.trainers).flatMap(([name, { state }]) => [...state.vectors].map(([vector, data]): [string, Float32Array] => [`${name}/${vector}`, data]));
    const steps = Object.fromEntries(Object.entries(this.trainers).map(([name, { state }]) => [name, state.step]));
    await saveCheckpoint(checkpointFile, { run: this.name, epochs, steps, vectors: new Map(vectors), curve: this.curve });
  }
}
