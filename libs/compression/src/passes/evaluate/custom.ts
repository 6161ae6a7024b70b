import type { EvaluateOptions } from '#contracts';
import { CustomMetricRun } from '#evaluation';
import { CompressionError } from '../../errors.js';
import type { PassContext } from '../../pass.js';

/**
 * Starts the modules of the options, lets `work` use them, and stops them. Throws CompressionError where the operator
 * does not allow any.
 */
export async function withCustomMetrics<T>(
  { custom = [] }: EvaluateOptions,
  { customMetrics }: Pick<PassContext, 'customMetrics'>,
  work: (runs: readonly CustomMetricRun[]) => Promise<T>,
): Promise<T> {
  if (custom.length > 0 && customMetrics !== true)
    throw new CompressionError(
      'custom_metric_denied',
      'this server does not run modules of its users: its operator allows it with COLDPRESS_CUSTOM_METRICS=allow',
    );
  const runs: CustomMetricRun[] = [];
  try {
    for (const metric of custom) runs.push(await CustomMetricRun.start(metric));
    return await work(runs);
  } finally {
    for (const run of runs) await run.stop();
  }
}
