import { formatExactly, METRICS, type Gate, type GateVerdict, type LatencyRatio, type ModelMetrics } from '#contracts';
import { latencyCheck } from './latency-check.js';

/** Judges each gate over the final model's figures, in the recipe's order. A figure that is missing fails its gate. */
export function judgeGates(gates: readonly Gate[], baseline: ModelMetrics | null, final: ModelMetrics): GateVerdict[] {
  return gates.map((gate) => {
    const value = figure(final, gate.metric);
    const reference = figure(baseline, gate.metric);
    const checks =
      value === undefined ? [] : BOUNDS.flatMap((bound) => bound(gate, value, reference, final.latencyRatio));
    const missing = value === undefined ? [`${METRICS[gate.metric].label} was not measured`] : [];
    return {
      gate,
      passed: value !== undefined && checks.every((check) => check.holds),
      value: finite(value),
      baseline: finite(reference),
      explanation: [...missing, ...checks.map((check) => check.words)].join('; '),
    };
  });
}

/** A bound that was judged. */
export interface Check {
  holds: boolean;
  words: string;
}

type Bound = (gate: Gate, value: number, baseline: number | undefined, latency: LatencyRatio | undefined) => Check[];

/** One rule per kind of bound. */
const BOUNDS: Bound[] = [
  ({ metric, min }, value) =>
    min === undefined ? [] : [check(value >= min, metric, value, `at least ${say(metric, min)}`)],
  ({ metric, max }, value) =>
    max === undefined ? [] : [check(value <= max, metric, value, `at most ${say(metric, max)}`)],
  ({ metric, maxDrop }, value, baseline) => {
    if (maxDrop === undefined) return [];
    const allowed = `at most ${say(metric, maxDrop)} below the baseline`;
    return baseline === undefined
      ? [unknown(metric, allowed)]
      : [check(baseline - value <= maxDrop + ROUNDING, metric, value, `${allowed} of ${say(metric, baseline)}`)];
  },
  ({ metric, maxRatio }, value, baseline, latency) => {
    if (maxRatio === undefined) return [];
    const allowed = `at most ${maxRatio} times the baseline`;
    if (metric === 'latencyMsP50' && latency) return [latencyCheck(latency, maxRatio, value)];
    if (baseline === undefined) return [unknown(metric, allowed)];
    return [
      check(
        value <= maxRatio * baseline,
        metric,
        value,
        `${allowed} of ${say(metric, baseline)}, that is ${say(metric, maxRatio * baseline)}${doubt(metric, latency)}`,
      ),
    ];
  },
];

/** Of a latency without an interval, a ratio may be noise. */
function doubt(metric: Gate['metric'], latency: LatencyRatio | undefined): string {
  return METRICS[metric].unit === 'ms' && latency ? '; it has no interval, so that noise may have decided' : '';
}

/** 0.98 - 0.975 is a little more than 0.005 in floating point: a drop of exactly the limit holds. */
const ROUNDING = 1e-12;

function check(holds: boolean, metric: Gate['metric'], value: number, allowed: string): Check {
  return {
    holds,
    words: `${METRICS[metric].label} is ${say(metric, value)}, ${holds ? 'as asked' : 'not'} ${allowed}`,
  };
}

function unknown(metric: Gate['metric'], allowed: string): Check {
  return {
    holds: false,
    words: `${METRICS[metric].label} was not measured on the baseline, so "${allowed}" cannot be judged`,
  };
}

function say(metric: Gate['metric'], value: number): string {
  return formatExactly(metric, value);
}

/** A null ratio of signal to noise means identical outputs: no noise at all. */
function figure(metrics: ModelMetrics | null, metric: Gate['metric']): number | undefined {
  const value = metrics?.[metric];
  return value === null ? Infinity : value;
}

function finite(value: number | undefined): number | null {
  return value === undefined || value === Infinity ? null : value;
}
