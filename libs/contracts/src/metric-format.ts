import { METRICS, type MetricName, type MetricUnit } from './metric-table.js';

/**
 * A figure in a few digits with its unit: "95.4 kB", "97.85 %". Null, which only ratios of signal to noise are, means
 * no noise at all.
 */
export function formatMetric(name: MetricName, value: number | null): string {
  return value === null ? 'identical' : SHORT[METRICS[name].unit](value);
}

/** A figure to the last digit that counts, its unit in the label: "95,364". */
export function formatExactly(name: MetricName, value: number): string {
  return value === Infinity ? 'unlimited' : EXACT[METRICS[name].unit](value);
}

const SHORT: Record<MetricUnit, (value: number) => string> = {
  bytes: formatBytes,
  bits: (value) => formatBytes(Math.ceil(value / 8)),
  count: formatCount,
  share: formatPercent,
  rate: formatPercent,
  number: (value) => String(Number(value.toPrecision(4))),
  perHour: (value) => `${Number(value.toPrecision(3))} / h`,
  dB: (value) => `${value.toFixed(1)} dB`,
  ms: (value) => `${value.toFixed(3)} ms`,
};

const EXACT: Record<MetricUnit, (value: number) => string> = {
  ...SHORT,
  bytes: formatCount,
  bits: formatCount,
  ms: (value) => `${value.toPrecision(3)} ms`,
};

function formatPercent(value: number): string {
  return `${(value * 100).toFixed(2)} %`;
}

/** Bytes in decimal units, as storage and networks count them: 1,002,822 -> "1.00 MB". */
export function formatBytes(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'];
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  // From 999.5 on, three digits would round to a thousand of the unit.
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${value.toPrecision(3)} ${units[unit]}`;
}

/** A whole number with its thousands set apart by commas. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

type RatioToFormat = { ratio: number; low: number | null; high: number | null; verdict: string };

/**
 * A latency against the baseline's in a few characters: "× 0.52 (0.50..0.54)"; what noise leaves undecided is called
 * that.
 */
export function formatLatencyRatio({ ratio, low, high, verdict }: RatioToFormat): string {
  const interval = low === null || high === null ? '' : ` (${low.toFixed(2)}..${high.toFixed(2)})`;
  const undecided = verdict === 'faster' || verdict === 'slower' ? '' : `, ${verdict}`;
  return `× ${ratio.toFixed(2)}${interval}${undecided}`;
}
