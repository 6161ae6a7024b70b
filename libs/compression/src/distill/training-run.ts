import type { TrainerOptions } from '#contracts';
import type { PassContext } from '../pass.js';
import { learningRateAt } from '../train/schedule.js';
import type { StepLosses, Trainer } from '../train/trainer.js';
import type { CheckpointScope } from './checkpoint-scope.js';
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
  /** At an epoch's last step. */
  ended?: EpochFigures;
}

/** What an epoch came to. */
export interface EpochFigures {
  /** Mean of each loss over the epoch. */
  losses: StepLosses;
  /** How near the outputs came to the teacher's, where there is one. */
  fidelity: Record<string, number>;
  seconds: number;
}

/** What a run is made of. */
export interface TrainingRunRequest {
  student: Student;
  curriculum: Curriculum;
  batchSize: number;
  options: TrainerOptions;
  /** Where its state is kept. */
  checkpoint: CheckpointScope;
  progress: PassContext['progress'];
  log: PassContext['log'];
}

/** The epochs of one training, with a checkpoint after each. */
export class TrainingRun {
  private readonly trainers: Readonly<Record<string, Trainer>>;
  private readonly steps: number;
  private readonly fidelity = new Fidelity();
  private curve: CurvePoint[] = [];
  private reported = { at: performance.now(), step: 0 };
  private epoch: { startedAt: number; sums: StepLosses };

  constructor(private readonly request: TrainingRunRequest) {
    this.trainers = { student: request.student.trainer, ...request.curriculum.trainers };
    this.steps = request.curriculum.lessonsPerEpoch * request.options.epochs;
    this.epoch = { startedAt: performance.now(), sums: {} };
  }

  /** Runs the epochs that are left and returns the training curve. Throws DivergedError. */
  async train(): Promise<CurvePoint[]> {
    const { student, curriculum, options, checkpoint } = this.request;
    for (let epoch = await this.resume(); epoch < options.epochs; epoch++) {
      this.epoch = { startedAt: performance.now(), sums: {} };
      let left = curriculum.lessonsPerEpoch;
      for await (const lesson of curriculum.lessons(epoch)) {
        const learningRate = learningRateAt(student.trainer.state.step, this.steps, options);
        const losses = this.fidelity.count(await student.learn(lesson, learningRate));
        for (const [name, loss] of Object.entries(losses)) this.epoch.sums[name] = (this.epoch.sums[name] ?? 0) + loss;
        this.report(epoch, learningRate, losses, --left === 0);
      }
      await checkpoint.keep(epoch + 1, options.epochs, this.trainers, this.curve);
    }
    await checkpoint.end(options.epochs, student.trainer, this.curve);
    return this.curve;
  }

  private report(epoch: number, learningRate: number, losses: StepLosses, isEnd: boolean): void {
    const { step } = this.request.student.trainer.state;
    if (step % REPORT_EVERY !== 0 && !isEnd && step !== 1) return;
    const now = performance.now();
    const stepS = (now - this.reported.at) / 1000 / (step - this.reported.step);
    const samplesPerS = Math.round(this.request.batchSize / stepS);
    const etaS = Math.ceil(stepS * (this.steps - step));
    this.reported = { at: now, step };
    const ended = isEnd ? this.endEpoch(now) : undefined;
    this.curve.push({ step, epoch: epoch + 1, learningRate, samplesPerS, losses, ...(ended && { ended }) });
    const { epochs } = this.request.options;
    this.request.progress(step / this.steps, `epoch ${epoch + 1} of ${epochs}, step ${step} of ${this.steps}, ${etaS} s left`, { ...losses, ...ended?.fidelity, learningRate, samplesPerS });
  }

  private endEpoch(now: number): EpochFigures {
    const means = Object.entries(this.epoch.sums).map(([name, sum]): [string, number] => [name, sum / this.request.curriculum.lessonsPerEpoch]);
    return { losses: Object.fromEntries(means), fidelity: this.fidelity.epoch(), seconds: (now - this.epoch.startedAt) / 1000 };
  }

  /** Takes up the run's last checkpoint and returns how many epochs are done. */
  private async resume(): Promise<number> {
    const { checkpoint, options, student, log } = this.request;
    const found = await checkpoint.resume(options.epochs, this.trainers);
    if (!found) return 0;
    this.curve = found.curve as CurvePoint[];
    this.reported = { at: performance.now(), step: student.trainer.state.step };
    log(`resumed after epoch ${found.epochs} of ${options.epochs}`);
    return found.epochs;
  }
}

/** The epochs of a curve, one row each. */
export function epochTable(curve: readonly CurvePoint[]): Record<string, number>[] {
  return curve.flatMap(({ epoch, step, learningRate, ended }) => (ended ? [{ epoch, step, ...ended.losses, ...ended.fidelity, learningRate, seconds: ended.seconds }] : []));
}
