import { DEVICE_METRICS, METRICS, type RecipeGate } from '#contracts';
import type { GateBounds } from '../gate-bounds.js';

/** What a constraint is held against, and the baseline's figure; undefined where they were not measured. */
export interface ConstraintReading {
  value: number | undefined;
  baseline: number | undefined;
}

/** Distance of what fails by rounding alone. */
const LEAST = 1e-6;
/** Distance of what was not measured. */
const UNKNOWN = 10;

/**
 * A constraint's figure, 0 and below where it holds. What the gate says decides: noise alone breaks no constraint on
 * latency.
 */
export function distanceOf(gate: RecipeGate, holds: boolean, readings: readonly ConstraintReading[]): number {
  const scale = scaleOf(gate);
  const farthest = Math.max(...readings.flatMap((reading) => excesses(boundsOf(gate), reading, scale)));
  return holds ? Math.min(0, farthest) : Math.max(LEAST, farthest);
}

/** By how much each bound is exceeded, in units of its scale; negative where it holds. */
function excesses(
  bounds: GateBounds,
  { value, baseline }: ConstraintReading,
  scale: (limit: number) => number,
): number[] {
  return limitsOf(bounds, baseline).map(({ limit, sign }) =>
    value === undefined || limit === undefined ? UNKNOWN : (sign * (value - limit)) / scale(limit),
  );
}

/** A provider must have run all of a model, where nothing less is asked. */
const boundsOf = (gate: RecipeGate): GateBounds =>
  'device' in gate && gate.metric === 'providerShare' ? { ...gate, min: gate.min ?? 1 } : gate;

/** What counts as one unit of distance from a limit: the limit itself, a tenth of a share or rate, ten dB. */
function scaleOf(gate: RecipeGate): (limit: number) => number {
  const unit = unitOf(gate);
  if (unit === 'share' || unit === 'rate') return () => 0.1;
  return unit === 'dB' ? () => 10 : (limit) => Math.max(Math.abs(limit), 1e-12);
}

function unitOf(gate: RecipeGate): string {
  if ('custom' in gate) return 'number';
  return 'device' in gate ? DEVICE_METRICS[gate.metric].unit : METRICS[gate.metric].unit;
}

export interface Limit {
  /** Undefined where it stands against a baseline that was not measured. */
  limit: number | undefined;
  /** 1 for a highest value, -1 for a lowest. */
  sign: 1 | -1;
}

/** The bounds of a constraint as values of its figure, of which the baseline has `reference`. */
export function limitsOf({ min, max, maxDrop, maxRise, maxRatio }: GateBounds, reference: number | undefined): Limit[] {
  const limits: Limit[] = [];
  const against = (change: (baseline: number) => number, sign: 1 | -1) =>
    limits.push({ limit: reference === undefined ? undefined : change(reference), sign });
  if (max !== undefined) limits.push({ limit: max, sign: 1 });
  if (min !== undefined) limits.push({ limit: min, sign: -1 });
  if (maxDrop !== undefined) against((baseline) => baseline - maxDrop, -1);
  if (maxRise !== undefined) against((baseline) => baseline + maxRise, 1);
  if (maxRatio !== undefined) against((baseline) => baseline * maxRatio, 1);
  return limits;
}
