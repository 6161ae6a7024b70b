import type { GateCheck } from './gate-check.js';
import type { GateFigure, MeasuredGateFigure } from './gate-figure.js';
import { latencyCheck } from './latency-check.js';
import { changeCheck, valueCheck } from './quality-check.js';

/** What a gate asks for, whatever its figure is. */
export interface GateBounds {
  min?: number | undefined;
  max?: number | undefined;
  maxDrop?: number | undefined;
  maxRise?: number | undefined;
  maxRatio?: number | undefined;
  confidence?: number | undefined;
}

/** One rule per kind of bound; none where the gate has no such bound. */
const RULES: readonly ((bounds: GateBounds, figure: MeasuredGateFigure) => GateCheck | null)[] = [
  ({ min, confidence }, figure) => {
    if (min === undefined) return null;
    const limit = { allowed: `at least ${figure.say(min)}`, excess: min - figure.value };
    if (isBare(confidence, figure)) return check(figure, limit);
    return valueCheck(figure, { ...limit, beyond: ({ high }) => high < min });
  },
  ({ max, confidence }, figure) => {
    if (max === undefined) return null;
    const limit = { allowed: `at most ${figure.say(max)}`, excess: figure.value - max };
    if (isBare(confidence, figure)) return check(figure, limit);
    return valueCheck(figure, { ...limit, beyond: ({ low }) => low > max });
  },
  (bounds, figure) => againstBaseline(bounds, figure, 'below', bounds.maxDrop),
  (bounds, figure) => againstBaseline(bounds, figure, 'above', bounds.maxRise),
  ({ maxRatio }, figure) => {
    if (maxRatio === undefined) return null;
    const { baseline, ratio, say, ratioDoubt = '' } = figure;
    const allowed = `at most ${maxRatio} times the baseline`;
    if (ratio) return latencyCheck(figure, ratio, maxRatio);
    if (baseline === undefined) return unknown(figure, allowed);
    const limit = maxRatio * baseline;
    const asked = `${allowed} of ${say(baseline)}, that is ${say(limit)}`;
    const { holds, words } = check(figure, { allowed: asked, excess: figure.value - limit });
    return { holds, words: `${words}${ratioDoubt}` };
  },
];

/** Judges each bound of a gate over a figure that was measured. */
export const checksOf = (bounds: GateBounds, figure: MeasuredGateFigure): GateCheck[] =>
  RULES.flatMap((rule) => rule(bounds, figure) ?? []);

const isBare = (confidence: number | undefined, { isAlwaysByInterval = false }: GateFigure): boolean =>
  confidence === undefined && !isAlwaysByInterval;

/** 0.98 - 0.975 is a little more than 0.005 in floating point: a drop of exactly the limit holds. */
const ROUNDING = 1e-12;

function againstBaseline(
  { confidence }: GateBounds,
  figure: MeasuredGateFigure,
  side: 'below' | 'above',
  most: number | undefined,
): GateCheck | null {
  if (most === undefined) return null;
  const { value, baseline, say } = figure;
  const allowed = `at most ${say(most)} ${side} the baseline`;
  if (baseline === undefined) return unknown(figure, allowed);
  const change = side === 'below' ? baseline - value : value - baseline;
  // Identical outputs on both sides are as far apart as they can be expected to be.
  const excess = Number.isNaN(change) ? 0 : change - most - ROUNDING;
  const limit = { allowed: `${allowed} of ${say(baseline)}`, excess };
  if (confidence === undefined) return check(figure, limit);
  const beyond = (low: number, high: number) => (side === 'below' ? -high : low) > most;
  return changeCheck(figure, { ...limit, beyond });
}

function check(
  { label, value, say }: MeasuredGateFigure,
  { allowed, excess }: { allowed: string; excess: number },
): GateCheck {
  const holds = excess <= 0;
  const subject = `${label} is ${say(value)}`;
  return {
    holds,
    words: holds ? `${subject}, as asked ${allowed}` : `${subject}, not ${allowed}: ${say(excess)} too far`,
  };
}

function unknown({ label }: GateFigure, allowed: string): GateCheck {
  return { holds: false, words: `${label} was not measured on the baseline, so "${allowed}" cannot be judged` };
}
