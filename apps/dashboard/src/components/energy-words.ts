import { energyRatioWords, formatJoules, NO_ENERGY, type BenchmarkResult, type ModelTiming } from '#contracts';

/** The energy of a run, against the original where that is known. */
export function energyCell({ energy }: ModelTiming): string {
  if (!energy) return '–';
  const ratio = energyRatioWords(energy);
  return ratio === null ? formatJoules(energy.joules) : `${formatJoules(energy.joules)}, × ${ratio}`;
}

/** What counted the energy, or that nothing does; null where it was not asked for. */
export function energyLine({ energy }: BenchmarkResult): string | null {
  if (energy === undefined) return null;
  return energy === null ? NO_ENERGY : `energy: all that ${energy.name} counts while a model is run`;
}
