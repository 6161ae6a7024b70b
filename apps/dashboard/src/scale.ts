/** A linear scale of values onto a length, with round ticks within it. */
export interface Scale {
  at(value: number): number;
  ticks: number[];
}

const ROUND_STEPS = [1, 2, 2.5, 5, 10];

/** A scale with a share of `air` on both sides of the values; `count` is how many ticks there may be about. */
export function scaleOf(values: readonly number[], from: number, to: number, { air = 0.1, count = 5 } = {}): Scale {
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const room = (most - least || Math.abs(most) || 1) * air;
  const [low, high] = [least - room, most + room];
  const at = (value: number) => from + ((value - low) / (high - low || 1)) * (to - from);
  return { at, ticks: ticksBetween(low, high, count) };
}

/** Multiples of a round step. */
function ticksBetween(low: number, high: number, count: number): number[] {
  const rough = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (ROUND_STEPS.find((size) => size * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const ticks = Math.max(0, Math.floor(high / step) - first + 1);
  return Array.from({ length: ticks }, (_, index) => (first + index) * step);
}
