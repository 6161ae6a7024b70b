import { passesThroughShorter, type TrainerOptions } from '#contracts';
import type { PassContext } from '../pass.js';
import { learningRateAt } from './schedule.js';
import type { StepLosses } from './trainer.js';
import type { CheckpointScope, Trainers } from './checkpoint/checkpoint-scope.js';
import { EarlyStopping } from './early-stopping.js';
import { DivergedError } from './errors.js';
import { Fidelity } from './fidelity.js';
import type { ValidationLoss } from './validation-loss.js';
import type { BatchSource } from './batches/batch-source.js';
import type { ModelInTraining } from './model-in-training.js';
import type { Warnings } from './warnings.js';

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
  /** Loss on samples held back. */
  validationLoss?: number;
  seconds: number;
}

/** What a run is made of. */
export interface TrainingRunRequest {
  model: ModelInTraining;
  source: BatchSource;
  /** Tells the loss on samples held back, where the options ask for it. */
  validation?: ValidationLoss | undefined;
  batchSize: number;
  options: TrainerOptions;
  /** Where its state is kept. */
  checkpoint: CheckpointScope;
  warnings: Warnings;
  progress: PassContext['progress'];
  log: PassContext['log'];
}

/** What a run keeps with the state of its trainers. */
interface Memo {
  curve: CurvePoint[];
  /** An epoch that has begun: batches done, sums of their losses, what was counted of fidelity, and its time so far. */
  begun: { batches: number; sums: StepLosses; fidelity: Record<string, number>; seconds: number } | null;
  /** Where it went on from, in place of its beginning. */
  wentOnFrom?: WentOnFrom | undefined;
}

/** The end of a shorter training of the same options, in the job of that id. */
export interface WentOnFrom {
  job: string;
  epoch: number;
}

/** The epochs of one training, with a checkpoint after each, and within long ones of recorded batches. */
export class TrainingRun {
  private readonly trainers: Trainers;
  private readonly steps: number;
  private readonly fidelity = new Fidelity();
  private readonly stopping: EarlyStopping;
  private curve: CurvePoint[] = [];
  /** Epochs that this process ended: those that were kept before it took the run up do not count. */
  epochsRun = 0;
  /** The shorter training that it went on from; undefined where it ran from its start. */
  wentOnFrom: WentOnFrom | undefined;
  private reported = { at: performance.now(), step: 0 };
  private epoch: { startedAt: number; batches: number; sums: StepLosses };

  constructor(private readonly request: TrainingRunRequest) {
    this.trainers = { student: request.model.trainer, ...request.source.trainers };
    this.steps = request.source.batchesPerEpoch * request.options.epochs;
    this.epoch = newEpoch();
    this.stopping = new EarlyStopping(request.options.earlyStopping?.patience ?? Infinity);
  }

  /**
   * Runs the epochs that are left, or until the loss on batches held back no longer falls, and returns the training
   * curve. Throws DivergedError.
   */
  async train(): Promise<CurvePoint[]> {
    const { model, source, options, checkpoint } = this.request;
    for (let epoch = await this.resume(); epoch < options.epochs && !this.stopping.isOver; epoch++) {
      let done = 0;
      for await (const batch of source.batches(epoch)) {
        if (++done <= this.epoch.batches) continue;
        this.epoch.batches = done;
        const learningRate = learningRateAt(model.trainer.state.step, this.steps, options);
        const losses = this.fidelity.count(await model.learn(batch, learningRate));
        for (const [name, loss] of Object.entries(losses)) this.epoch.sums[name] = (this.epoch.sums[name] ?? 0) + loss;
        const isLast = done === source.batchesPerEpoch;
        this.report(epoch, learningRate, losses, isLast ? await this.endEpoch() : undefined);
        // Batches that a trainer makes cannot be left out and made again: they are kept epoch by epoch.
        if (!isLast && checkpoint.isDue() && Object.keys(source.trainers).length === 0) await this.keep(epoch);
      }
      this.epoch = newEpoch();
      this.epochsRun += 1;
      if (epoch + 1 < options.epochs || passesThroughShorter(options)) await this.keep(epoch + 1);
    }
    if (this.stopping.bestWeights) model.trainer.replaceWeights(this.stopping.bestWeights);
    await checkpoint.end(this.memo(), options.epochs, this.trainers);
    return this.curve;
  }

  private report(epoch: number, learningRate: number, losses: StepLosses, ended: EpochFigures | undefined): void {
    const { step } = this.request.model.trainer.state;
    if (step % REPORT_EVERY !== 0 && !ended && step !== 1) return;
    const now = performance.now();
    const stepS = (now - this.reported.at) / 1000 / (step - this.reported.step);
    const samplesPerS = Math.round(this.request.batchSize / stepS);
    const etaS = Math.ceil(stepS * (this.steps - step));
    this.reported = { at: now, step };
    this.curve.push({ step, epoch: epoch + 1, learningRate, samplesPerS, losses, ...(ended && { ended }) });
    const { epochs } = this.request.options;
    const held: Record<string, number> =
      ended?.validationLoss === undefined ? {} : { validationLoss: ended.validationLoss };
    const message = `epoch ${epoch + 1} of ${epochs}, step ${step} of ${this.steps}`;
    const pace = { learningRate, samplesPerS, epoch: epoch + 1, step, etaS };
    this.request.progress(step / this.steps, message, { ...losses, ...ended?.fidelity, ...held, ...pace });
  }

  private async endEpoch(): Promise<EpochFigures> {
    const { batchesPerEpoch } = this.request.source;
    const sums = Object.entries(this.epoch.sums);
    const means = sums.map(([name, sum]): [string, number] => [name, sum / batchesPerEpoch]);
    const validationLoss = await this.validate();
    const { ratios, unmeasured } = this.fidelity.epoch();
    this.request.warnings.add(...unmeasured);
    const held = validationLoss === undefined ? {} : { validationLoss };
    const seconds = (performance.now() - this.epoch.startedAt) / 1000;
    return { losses: Object.fromEntries(means), fidelity: ratios, ...held, seconds };
  }

  /** Mean loss on the samples held back. Throws DivergedError. */
  private async validate(): Promise<number | undefined> {
    const { model, validation } = this.request;
    if (!validation) return undefined;
    const loss = await validation.loss(model.trainer.weights);
    const { step } = model.trainer.state;
    if (!Number.isFinite(loss))
      throw new DivergedError({
        what: 'the loss on the samples held back',
        step,
        learningRate: learningRateAt(step, this.steps, this.request.options),
      });
    this.stopping.count(loss, model.trainer.weights);
    return loss;
  }

  private keep(epochs: number): Promise<void> {
    const progress = { epochs, memo: this.memo(), best: this.stopping.bestWeights };
    return this.request.checkpoint.keep(progress, this.request.options.epochs, this.trainers);
  }

  private memo(): Memo {
    const { startedAt, batches, sums } = this.epoch;
    const seconds = (performance.now() - startedAt) / 1000;
    const begun = { batches, sums, fidelity: { ...this.fidelity.counted }, seconds };
    return { curve: this.curve, begun: batches === 0 ? null : begun, wentOnFrom: this.wentOnFrom };
  }

  /** Takes up the run's last checkpoint and returns how many epochs are done. */
  private async resume(): Promise<number> {
    const { checkpoint, options, model, log } = this.request;
    const found = await checkpoint.resume(options.epochs, this.trainers);
    if (!found) return 0;
    const { curve, begun, wentOnFrom } = found.memo as Memo;
    this.curve = curve;
    this.wentOnFrom = found.from === undefined ? wentOnFrom : { job: found.from, epoch: found.epochs };
    if (begun) {
      this.epoch = { startedAt: performance.now() - begun.seconds * 1000, batches: begun.batches, sums: begun.sums };
      this.fidelity.restore(begun.fidelity);
    }
    this.reported = { at: performance.now(), step: model.trainer.state.step };
    if (found.best)
      this.stopping.restore(
        this.curve.flatMap(({ ended }) => ended?.validationLoss ?? []),
        found.best,
      );
    const next = begun ? ` and ${begun.batches} batches of the next` : '';
    if (found.from === undefined) log(`resumed after epoch ${found.epochs} of ${options.epochs}${next}`);
    else log(`went on from epoch ${found.epochs} of job ${found.from}`);
    return found.epochs;
  }
}

function newEpoch(): { startedAt: number; batches: number; sums: StepLosses } {
  return { startedAt: performance.now(), batches: 0, sums: {} };
}
