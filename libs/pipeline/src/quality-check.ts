import type { GateCheck } from './gate-check.js';
import type { GateFigure, MeasuredGateFigure } from './gate-figure.js';

/** What a figure is held against: in words, and how far its value is beyond. */
interface Limit {
  allowed: string;
  excess: number;
}

/** Judges a figure by its interval: the gate fails where all of it lies beyond the limit. */
export function valueCheck(
  figure: MeasuredGateFigure,
  limit: Limit & { beyond(interval: NonNullable<GateFigure['interval']>): boolean },
): GateCheck {
  const { interval, say } = figure;
  const subject = `${figure.label} is ${say(figure.value)}`;
  if (!interval) return bare(figure, subject, limit);
  const { low, high, confidence } = interval;
  const words = `${subject} (${percent(confidence)} interval ${say(low)}..${say(high)})`;
  return judged(figure, words, limit, limit.beyond(interval));
}

/** The same for its distance from the baseline's, from the samples on which both were measured. */
export function changeCheck(
  figure: MeasuredGateFigure,
  limit: Limit & { beyond(low: number, high: number): boolean },
): GateCheck {
  const { change, confidence = 0 } = figure.interval ?? {};
  const subject = `${figure.label} is ${figure.say(figure.value)}`;
  if (!change) return isSame(limit) ? judged(figure, subject, limit, false) : bare(figure, subject, limit);
  const { low, high, pValue, difference } = change;
  const signed = (value: number) => `${value > 0 ? '+' : ''}${figure.say(value)}`;
  const interval = `${percent(confidence)} interval ${signed(low)}..${signed(high)}`;
  const words = `${subject}, ${signed(difference)} against the baseline (${interval}, p = ${pValue.toPrecision(2)})`;
  return judged(figure, words, limit, limit.beyond(low, high));
}

/** The baseline itself has no distance from itself. */
const isSame = ({ excess }: Limit) => excess <= 0;

function judged({ say }: GateFigure, subject: string, { allowed, excess }: Limit, isBeyond: boolean): GateCheck {
  if (excess <= 0) return { holds: true, words: `${subject}, as asked ${allowed}` };
  const tooFar = `${say(excess)} too far`;
  const words = `${subject}, not ${allowed}: ${tooFar}`;
  if (isBeyond) return { holds: false, words };
  return { holds: true, words: `${words}, but within noise, so the gate does not fail` };
}

function bare(figure: GateFigure, subject: string, limit: Limit): GateCheck {
  const { words, holds } = judged(figure, subject, limit, true);
  return { holds, words: `${words}; no interval of it is known, so that noise may have decided` };
}

const percent = (confidence: number) => `${Number((100 * confidence).toPrecision(3))} %`;
