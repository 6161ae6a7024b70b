import type { PruneOptions } from '#contracts';
import { cloneModel } from '#onnx';
import type { PassContext } from '../../pass.js';
import { PruneInputError } from '../../pruning/errors.js';
import { Work } from '../../work.js';
import { AccuracyMeter, farthestRatio, MOST_TRIALS } from './accuracy-meter.js';
import { granularityOf } from './granularities/granularities.js';

/** The greatest ratio that loses no more top-1 than allowed, tried on copies. */
export async function ratioWithin(maxDrop: number, context: PassContext, options: PruneOptions): Promise<number> {
  if (options.schedule !== 'one-shot' || options.budget)
    throw new PruneInputError('maxDrop', 'schedule one-shot and no budget: it decides the ratio itself');
  const limits = { ...options, threads: context.threads };
  const judge = await AccuracyMeter.create('maxDrop', context.model, context.data, limits);
  const work = new Work(context.progress);
  work.begin('', 1, { count: MOST_TRIALS, noun: 'trial' });
  const quiet = { progress: () => undefined, log: () => undefined };
  const ratio = await farthestRatio(options.ratio, maxDrop, async (tried) => {
    const model = cloneModel(context.model);
    await granularityOf(options).apply({ ...context, ...quiet, model }, { ...options, ratio: tried });
    const drop = await judge.dropOf(model, work);
    work.next();
    context.log(`ratio ${tried.toFixed(3)}: top-1 falls by ${(drop * 100).toFixed(2)} points`);
    return drop;
  });
  await judge.release();
  return ratio;
}
