import type { Speedup } from './ratio.js';

/** 1 for a speed-up that leaves no doubt, -1 for a slow-down; 0 for equal speeds and where nothing may be said. */
export function speedupSign({ verdict }: Speedup): -1 | 0 | 1 {
  return verdict === 'faster' ? 1 : verdict === 'slower' ? -1 : 0;
}

/** A speed-up in words, with its interval and both times. */
export function describeSpeedup(speedup: Speedup): string {
  const { beforeMs, afterMs, reason } = speedup;
  const why = reason !== null && speedup.low !== null ? `; inconclusive: ${reason}` : '';
  return `${speedupWords(speedup)}, ${milliseconds(beforeMs)} before and ${milliseconds(afterMs)} after${why}`;
}

/** The same without the times and the reason. */
export function speedupWords({ speedup, low, high, verdict, equalWithin, confidence, reason }: Speedup): string {
  if (low === null || high === null) return `no difference in speed could be measured (${reason})`;
  const interval = `(${Math.round(confidence * 100)} % interval ${low.toFixed(2)}..${high.toFixed(2)})`;
  if (verdict === 'inconclusive') return `no difference in speed could be measured ${interval}`;
  if (verdict === 'equal')
    return `no difference in speed beyond ${Number((equalWithin * 100).toPrecision(2))} % on this machine ${interval}`;
  return `${speedup.toFixed(2)}x as fast on this machine ${interval}`;
}

const milliseconds = (ms: number) => `${ms.toPrecision(3)} ms`;
