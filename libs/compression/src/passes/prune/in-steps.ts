import type { PruneOptions } from '#contracts';
import type { ModelProto } from '#onnx';
import { distillation } from '../../distillation/distillation.js';
import type { PassContext } from '../../pass.js';
import { ratiosOf } from '../../pruning/budget/schedule.js';
import { PruneInputError } from '../../pruning/errors.js';
import { Work } from '../../work.js';
import { recoveryOf } from './recovery.js';

/** Runs a step per share of the schedule, distilling in between, and returns what the last one reported. */
export async function inSteps<R>(
  context: PassContext,
  options: PruneOptions,
  step: (model: ModelProto, previous: number, target: number, work: Work) => Promise<R>,
): Promise<R> {
  if (options.recoverEpochs > 0 && !context.data)
    throw new PruneInputError('recoverEpochs', 'a data set with a train split');
  const targets = ratiosOf(options);
  const work = new Work(context.progress);
  work.begin('', 1, targets.length > 1 ? { count: targets.length, noun: 'step' } : null);
  let previous = 0;
  for (const target of targets.slice(0, -1)) {
    const own = work.within();
    await step(context.model, previous, target, own);
    if (options.recoverEpochs > 0) await recover(context, options, own);
    work.next();
    previous = target;
  }
  return step(context.model, previous, targets.at(-1) ?? options.ratio, work.within());
}

/** Distils the context's model in place. */
async function recover(context: PassContext, options: PruneOptions, work: Work): Promise<void> {
  work.begin('recovering', 1);
  const { progress } = work;
  // Its losses are no curve of the pass: those who compare trainings by theirs would take them for one.
  const quiet: PassContext['progress'] = (fraction, message) => progress(fraction, message);
  await distillation.run({ ...context, progress: quiet }, recoveryOf(options));
}
