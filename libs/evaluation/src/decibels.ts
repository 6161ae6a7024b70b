/**
 * Signal to noise in dB of two sums of squares: null where there is no noise at all, undefined where the figure has no
 * value: there is noise and no signal, or one of them is not finite.
 */
export function decibels(signal: number, noise: number): number | null | undefined {
  if (noise === 0) return null;
  const value = 10 * Math.log10(signal / noise);
  return Number.isFinite(value) ? value : undefined;
}
