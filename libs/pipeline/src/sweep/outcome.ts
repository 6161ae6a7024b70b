import {
  lets,
  METRICS,
  type Direction,
  type Gate,
  type MetricName,
  type ModelMetrics,
  type SweepDocument,
} from '#contracts';
import type { Outcome } from '#search';
import { judgeGates } from '../gates.js';

export interface Goal {
  metric: MetricName;
  direction: Direction;
}

/** The objectives with their directions. */
export function goalsOf({ objectives }: Pick<SweepDocument, 'objectives'>): Goal[] {
  return objectives.map(({ metric, direction }) => ({
    metric,
    direction: direction ?? (METRICS[metric].better === 'lower' ? 'minimize' : 'maximize'),
  }));
}

/** What came of a trial, for people and for samplers. */
export interface TrialOutcome {
  /** Null where an objective was not measured. */
  outcome: Outcome | null;
  /** Sum of what is missing of each constraint; 0 where all hold. */
  violation: number;
  /** Each constraint that does not hold, in words. */
  violated: string[];
  /** Objectives without a figure. */
  missing: MetricName[];
}

/** Stands for a ratio of signal to noise of outputs that are identical, in dB, so that it can be compared. */
const IDENTICAL_DB = 200;

/** Judges the figures of a trial's last model. Objectives are turned so that lower is better. */
export function judgeTrial(
  document: Pick<SweepDocument, 'objectives' | 'constraints'>,
  baseline: ModelMetrics | null,
  metrics: ModelMetrics,
): TrialOutcome {
  const goals = goalsOf(document);
  const missing = goals.filter(({ metric }) => metrics[metric] === undefined).map(({ metric }) => metric);
  const values = goals.map(
    ({ metric, direction }) => (direction === 'minimize' ? 1 : -1) * (figure(metrics, metric) ?? 0),
  );
  const verdicts = judgeGates(document.constraints, baseline, metrics);
  const constraints = verdicts.map((verdict) => distance(lets(verdict), excesses(verdict.gate, baseline, metrics)));
  return {
    outcome: missing.length > 0 ? null : { values, constraints },
    violation: constraints.reduce((sum, value) => sum + Math.max(0, value), 0),
    violated: verdicts.filter((verdict) => !lets(verdict)).map(({ explanation }) => explanation),
    missing,
  };
}

/** Distance of what fails by rounding alone. */
const LEAST = 1e-6;

/** A constraint's figure, 0 and below where it holds. What the gate says decides: noise alone breaks no constraint on latency. */
function distance(passed: boolean, bounds: readonly number[]): number {
  const farthest = Math.max(...bounds);
  return passed ? Math.min(0, farthest) : Math.max(LEAST, farthest);
}

/** The figure of an objective in its unit; identical outputs count as 200 dB. */
export function figure(
  metrics: Partial<Record<MetricName, number | null | undefined>>,
  metric: MetricName,
): number | undefined {
  const value = metrics[metric];
  return value === null ? IDENTICAL_DB : value;
}

/** What counts as one unit of distance from a limit: the limit itself, a tenth of a share or rate, ten dB. */
function scaleOf(metric: MetricName, limit: number): number {
  const { unit } = METRICS[metric];
  if (unit === 'share' || unit === 'rate') return 0.1;
  return unit === 'dB' ? 10 : Math.max(Math.abs(limit), 1e-12);
}

/** By how much each bound of a constraint is exceeded, in units of its scale; negative where it holds. */
export function excesses(gate: Gate, baseline: ModelMetrics | null, metrics: Partial<ModelMetrics>): number[] {
  const value = figure(metrics, gate.metric);
  return limitsOf(gate, baseline).map(({ limit, sign }) => {
    if (value === undefined || limit === undefined) return 10;
    return (sign * (value - limit)) / scaleOf(gate.metric, limit);
  });
}

interface Limit {
  /** Undefined where it stands against a baseline that was not measured. */
  limit: number | undefined;
  /** 1 for a highest value, -1 for a lowest. */
  sign: 1 | -1;
}

/** The bounds of a constraint as values of its metric. */
export function limitsOf(
  { metric, min, max, maxDrop, maxRise, maxRatio }: Gate,
  baseline: Partial<ModelMetrics> | null,
): Limit[] {
  const reference = baseline ? figure(baseline, metric) : undefined;
  const limits: Limit[] = [];
  if (max !== undefined) limits.push({ limit: max, sign: 1 });
  if (min !== undefined) limits.push({ limit: min, sign: -1 });
  if (maxDrop !== undefined)
    limits.push({ limit: reference === undefined ? undefined : reference - maxDrop, sign: -1 });
  if (maxRise !== undefined) limits.push({ limit: reference === undefined ? undefined : reference + maxRise, sign: 1 });
  if (maxRise !== undefined) limits.push({ limit: reference === undefined ? undefined : reference + maxRise, sign: 1 });
  if (maxRatio !== undefined)
    limits.push({ limit: reference === undefined ? undefined : reference * maxRatio, sign: 1 });
  return limits;
}
