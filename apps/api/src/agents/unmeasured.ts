import type { BenchmarkSamples } from '#contracts';
import type { BenchmarkWork } from '#database';

/** What was asked for and its agent has not sent, in one note: silence would read as if there were none. */
export function unmeasured({ settings }: BenchmarkWork, { energy, models }: BenchmarkSamples): string[] {
  const missing = [
    ...(settings.energy && energy === undefined ? ['energy'] : []),
    ...(settings.profile && models.every(({ nodes }) => nodes === null) ? ['what ran each node'] : []),
    ...(models.every(({ peakRssBytes }) => peakRssBytes === null) ? ['memory'] : []),
    ...(models.every(({ warmLoadMs }) => warmLoadMs === null) ? ['a second load'] : []),
  ];
  return missing.length === 0 ? [] : [`its agent does not measure ${missing.join(', ')}`];
}
