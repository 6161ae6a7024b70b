import type { Ratio } from './ratio.js';
import { pairRatios } from './precision.js';
import { driftOf, spreadOf, twoGroups } from './steadiness.js';

/** Pairs whose ratios spread further than this are called noisy. */
const NOISY_SPREAD = 0.2;

/** Why nothing may be said of a ratio: the first of these that holds. */
export function reasonFor(ratio: Ratio, before: readonly number[], after: readonly number[]): string {
  const { pairs, low, high, equalWithin } = ratio;
  if (low === null || high === null) return `${pairs} pairs of runs are too few`;
  const ratios = pairRatios(before, after);
  const share = `${percent(equalWithin)} that count as equal`;
  return (
    driftWords(ratios) ??
    groupWords(before, after) ??
    (spreadOf(ratios) > NOISY_SPREAD
      ? `noisy: the middle half of the pairs of runs spans ${percent(spreadOf(ratios))}, so other work was going on`
      : null) ??
    (low > 1 !== high < 1
      ? `the difference is about the ${share}`
      : `the interval is wider than the ${share}: measure longer`)
  );
}

function driftWords(ratios: readonly number[]): string | null {
  const drift = driftOf(ratios);
  if (!drift) return null;
  return (
    `drift: ${drift.first.median.toFixed(2)}x in the first third and ${drift.last.median.toFixed(2)}x in the ` +
    'last, as when one of them is throttled'
  );
}

function groupWords(before: readonly number[], after: readonly number[]): string | null {
  const groups = twoGroups(before) ?? twoGroups(after);
  if (!groups) return null;
  const [low, high] = groups.map((ms) => ms.toPrecision(3));
  return `two groups of times, about ${low} and ${high} ms, as when the frequency changes or other work comes and goes`;
}

const percent = (share: number) => `${Number((share * 100).toPrecision(2))} %`;
