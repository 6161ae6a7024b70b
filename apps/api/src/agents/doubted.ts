import type { LatencyRatio } from '#contracts';
import { latencyRatio, type Speedup } from '#measurement';

/** A ratio to the baseline: of a machine that was hot, busy or throttled nothing is said, whatever its times are. */
export function doubted(speedup: Speedup | undefined, doubt: string | null): LatencyRatio | null {
  if (!speedup) return null;
  const ratio = latencyRatio(speedup);
  return doubt === null ? ratio : { ...ratio, verdict: 'inconclusive', reason: doubt };
}
