import type { PruneOptions } from '#contracts';
import type { ModelProto } from '#onnx';
import { distillation } from '../../distillation/distillation.js';
import type { PassContext } from '../../pass.js';
import { ratiosOf } from '../../pruning/budget/schedule.js';
import { PruneInputError } from '../../pruning/errors.js';
import { recoveryOf } from './recovery.js';

/** Runs a step per share of the schedule, distilling in between, and returns what the last one reported. */
export async function inSteps<R>(
  context: PassContext,
  options: PruneOptions,
  step: (model: ModelProto, previous: number, target: number) => Promise<R>,
): Promise<R> {
  if (options.recoverEpochs > 0 && !context.data)
    throw new PruneInputError('recoverEpochs', 'a data set with a train split');
  const targets = ratiosOf(options);
  let previous = 0;
  for (const [i, target] of targets.slice(0, -1).entries()) {
    await step(context.model, previous, target);
    if (options.recoverEpochs > 0) await recover(context, options);
    context.progress((i + 1) / targets.length, `step ${i + 1} of ${targets.length}`);
    previous = target;
  }
  const result = await step(context.model, previous, targets.at(-1) ?? options.ratio);
  context.progress(1);
  return result;
}

/** Distils the context's model in place. */
async function recover(context: PassContext, options: PruneOptions): Promise<void> {
  await distillation.run({ ...context, progress: () => undefined }, recoveryOf(options));
}
