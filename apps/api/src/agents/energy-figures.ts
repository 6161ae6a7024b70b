import type { BenchmarkSamples, ModelEnergy } from '#contracts';
import { medianInterval } from '#measurement';

/** The energy of a run of the model at a place, over that of the baseline, the first; nothing where it was not measured. */
export function energyOf({ models }: BenchmarkSamples, place: number): { energy?: ModelEnergy } {
  const joules = models[place]?.joules ?? [];
  if (joules.length === 0) return {};
  const { median } = medianInterval(joules);
  const ratio = place === 0 ? NO_RATIO : ratioOf(joules, models[0]?.joules ?? []);
  return { energy: { joules: median, low: Math.min(...joules), high: Math.max(...joules), ...ratio } };
}

const NO_RATIO = { ratio: null, ratioLow: null, ratioHigh: null };

/** Round by round, in each of which every model has a window; where some are missing the medians alone are compared. */
function ratioOf(joules: readonly number[], before: readonly number[]): Omit<ModelEnergy, 'joules' | 'low' | 'high'> {
  if (before.length === 0 || before.some((value) => value === 0)) return NO_RATIO;
  if (joules.length !== before.length)
    return { ...NO_RATIO, ratio: medianInterval(joules).median / medianInterval(before).median };
  const { median, low, high } = medianInterval(joules.map((value, round) => value / (before[round] ?? NaN)));
  return { ratio: median, ratioLow: low, ratioHigh: high };
}
