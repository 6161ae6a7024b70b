import type { Dataset } from '#datasets';
import { scoreModels } from '#evaluation';
import { Session } from '#inference';
import { writeModel, type ModelProto } from '#onnx';
import { PruneInputError } from '../../pruning/errors.js';
import { toldBatches, type Work } from '../../work.js';

const BATCH = 64;

/**
 * Tells how much top-1 a smaller model loses against the model before pruning, on the first samples of the calibration
 * split.
 */
export class AccuracyMeter {
  private constructor(
    private readonly reference: Session,
    private readonly data: Dataset,
    private readonly samples: number,
    private readonly threads: number,
    /** Samples of a run where the model fixes them, else null. */
    private readonly fixedBatch: number | null,
  ) {}

  /** Throws PruneInputError when there is no data set with labels. */
  static async create(
    option: string,
    model: ModelProto,
    data: Dataset | null,
    { samples, threads }: { samples: number; threads: number },
  ): Promise<AccuracyMeter> {
    if (!data || data.classes === null) throw new PruneInputError(option, 'a data set with labels');
    const reference = await Session.create(writeModel(model), { threads });
    const bound = data.bindInputs(reference.inputs.map(({ name }) => name));
    const fixedBatch = bound.batchOf(reference.inputs);
    return new AccuracyMeter(reference, bound, Math.max(samples, fixedBatch ?? 0), threads, fixedBatch);
  }

  /** Top-1 of the reference less that of the model, 0..1; negative when the model is better. The walk is told to `work`. */
  async dropOf(model: ModelProto, work?: Work): Promise<number> {
    const session = await Session.create(writeModel(model), { threads: this.threads });
    try {
      const [split, batchSize] = [this.data.splitFor('calibration'), this.fixedBatch ?? BATCH];
      const dropLast = this.fixedBatch !== null;
      const limit = Math.min(this.samples, this.data.sampleCount(split));
      const batches = toldBatches(this.data.batches(split, { batchSize, limit, dropLast }), limit, work);
      const { scores } = await scoreModels([this.reference, session], batches, this.data.classes);
      const [before, after] = scores.map(({ top1 }) => top1);
      if (typeof before !== 'number' || typeof after !== 'number')
        throw new PruneInputError(
          'a limit on accuracy',
          this.fixedBatch === null
            ? 'a model with one score per class'
            : `a model with one score per class, and at least ${this.fixedBatch} samples, a batch of the model's`,
        );
      return before - after;
    } finally {
      await session.release();
    }
  }

  async release(): Promise<void> {
    await this.reference.release();
  }
}

/** Halvings of the ratio's interval. */
const STEPS = 6;

/** Ratios that are tried at most. */
export const MOST_TRIALS = STEPS + 1;

/** The greatest ratio found, up to `limit`, whose result loses no more than `maxDrop`; 0 when none does. */
export async function farthestRatio(
  limit: number,
  maxDrop: number,
  dropAt: (ratio: number) => Promise<number>,
): Promise<number> {
  if ((await dropAt(limit)) <= maxDrop) return limit;
  let [good, bad] = [0, limit];
  for (let i = 0; i < STEPS; i++) {
    const middle = (good + bad) / 2;
    if ((await dropAt(middle)) <= maxDrop) good = middle;
    else bad = middle;
  }
  return good;
}
