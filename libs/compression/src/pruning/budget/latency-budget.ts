import { linePlot } from '#evaluation';
import { MOST, leastRatio, meetsFigures, type PruningBudget } from './budget.js';
import type { GraphFigures } from '../channels/figures.js';
import {
  NOISY,
  latencyModel,
  measureTable,
  medianOf,
  type LatencyPoint,
  type MeasureModels,
  type Pruned,
} from './latency-table.js';
import type { PassContext } from '../../pass.js';
import { writeSideFiles } from '../../side-files.js';

/** The latency table with what was chosen by it, and the same drawn. */
export const LATENCY_FILE = 'latency.json';
export const LATENCY_PLOT = 'latency.svg';

/** A ratio is chosen, verified, and once chosen again with what the first missed by. */
const ATTEMPTS = 2;

/** Ratios at which the prediction is drawn. */
const DRAWN = 32;

/** What a latency budget is searched on. */
export interface LatencySearch {
  budget: PruningBudget;
  /** Figures that a ratio would leave; their multiply-accumulates fall as the ratio grows. */
  figuresAt(ratio: number): GraphFigures;
  /** A copy of the model, really pruned; at ratio 0 the model itself. */
  prunedAt(ratio: number): Uint8Array;
  measure: MeasureModels;
}

/** One ratio that was chosen and measured beside the model before. */
export interface LatencyAttempt {
  ratio: number;
  predictedMs: number;
  measuredMs: number;
  /** The model before, in the same run. */
  beforeMs: number;
  /** What the budget allows, given that. */
  allowedMs: number;
}

/** Evidence of a latency budget. */
export interface LatencyReport {
  /** The ratio that the last attempt used. */
  ratio: number;
  table: LatencyPoint[];
  /** Ratio and predicted ms. */
  predicted: [number, number][];
  /** Empty when the model is fast enough as it is. */
  attempts: LatencyAttempt[];
  isMet: boolean;
  /** Greatest uncertainty of a median, as a share of it. */
  noise: number;
  /** Predicted against measured, in words. */
  verdict: string;
  /** What keeps the verdict from being good news. */
  warnings: string[];
}

/** What is known once copies were timed: predictions of every ratio. */
interface Predicted extends LatencySearch {
  table: LatencyPoint[];
  /** Milliseconds that a ratio would take. */
  predict(ratio: number): number;
  /** The time below which pruning does not come. */
  fastestMs: number;
}

/** What came of the ratios that were chosen. */
interface Verified extends Predicted {
  ratio: number;
  attempts: LatencyAttempt[];
  noise: number;
}

/**
 * The least ratio at which the pruned model is fast enough on this machine: copies pruned to nine ratios are timed in
 * one run, the time in between is interpolated, and what is chosen is timed again beside the model before; when it
 * misses, the aim is corrected once by as much. Out of reach, the least ratio is taken that is as fast as it gets.
 */
export async function searchLatency(search: LatencySearch): Promise<LatencyReport> {
  // Really pruned copies come first: every prediction is read off their times.
  const predicted = await timeCopies(search);
  // Predictions are of another run than the verdict: what is chosen by them is measured beside the model before.
  const verified = await chooseAndVerify(predicted);
  // The curve and the words are of what was measured last.
  return reportOf(verified);
}

async function timeCopies(search: LatencySearch): Promise<Predicted> {
  const { figuresAt, prunedAt, measure } = search;
  const prune = (ratio: number): Pruned => ({ model: prunedAt(ratio), macs: figuresAt(ratio).macs });
  const table = await measureTable(prune, measure);
  const timeOf = latencyModel(table);
  const predict = (ratio: number) => timeOf(figuresAt(ratio).macs);
  return { ...search, table, predict, fastestMs: predict(MOST) };
}

async function chooseAndVerify(predicted: Predicted): Promise<Verified> {
  const { budget, predict, fastestMs, table } = predicted;
  const attempts: LatencyAttempt[] = [];
  let noise = Math.max(...table.map(({ ms, uncertaintyMs }) => uncertaintyMs / ms));
  let ratio = leastRatioWithin(predicted, Math.max(fastestMs, allowed(budget, predict(0))));
  while (ratio > 0) {
    const { attempt, noise: added } = await measureAttempt(predicted, ratio);
    attempts.push(attempt);
    noise = Math.max(noise, added);
    if (attempt.measuredMs <= attempt.allowedMs || attempts.length === ATTEMPTS) break;
    const corrected = (attempt.predictedMs * attempt.allowedMs) / attempt.measuredMs;
    const next = leastRatioWithin(predicted, Math.max(fastestMs, corrected));
    if (next <= ratio) break;
    ratio = next;
  }
  return { ...predicted, ratio, attempts, noise };
}

/** The least ratio that is predicted to take no longer, and to meet the figures that are counted. */
function leastRatioWithin({ budget, figuresAt, predict }: Predicted, ms: number): number {
  const before = figuresAt(0);
  return leastRatio((ratio) => meetsFigures(budget, before, figuresAt(ratio)) && predict(ratio) <= ms);
}

/** Times a ratio beside the model before; `noise` is the greater uncertainty of the two. */
async function measureAttempt(
  { budget, prunedAt, measure, predict }: Predicted,
  ratio: number,
): Promise<{ attempt: LatencyAttempt; noise: number }> {
  const [before, after] = await measure([prunedAt(0), prunedAt(ratio)]);
  const [was, is] = [medianOf(before ?? []), medianOf(after ?? [])];
  const measured = { measuredMs: is.ms, beforeMs: was.ms, allowedMs: allowed(budget, was.ms) };
  const attempt = { ratio, predictedMs: predict(ratio), ...measured };
  return { attempt, noise: Math.max(was.uncertaintyMs / was.ms, is.uncertaintyMs / is.ms) };
}

function reportOf({ ratio, table, predict, fastestMs, attempts, noise }: Verified): LatencyReport {
  const drawn = Array.from({ length: DRAWN + 1 }, (_, i) => (i / DRAWN) * MOST);
  const last = attempts.at(-1);
  const isMet = last ? last.measuredMs <= last.allowedMs : true;
  return {
    ratio,
    table,
    predicted: drawn.map((tried): [number, number] => [tried, predict(tried)]),
    attempts,
    isMet,
    noise,
    verdict: verdictOf(last, isMet, noise, predict(0)),
    warnings: warningsOf(last, isMet, noise, fastestMs / predict(0)),
  };
}

/**
 * Milliseconds against the ratio, as measured for the table, as predicted, and as measured of what was chosen; an SVG.
 */
export function ratioPlot({ table, predicted, attempts }: LatencyReport): string {
  return linePlot({
    title: 'Single-sample latency by ratio, on the machine that pruned',
    xLabel: 'ratio',
    yLabel: 'median, ms',
    series: [
      { name: 'measured', points: table.map(({ ratio, ms }): [number, number] => [ratio, ms]) },
      { name: 'predicted', points: predicted },
      ...(attempts.length > 0
        ? [
            {
              name: 'chosen, measured again',
              points: attempts.map(({ ratio, measuredMs }): [number, number] => [ratio, measuredMs]),
            },
          ]
        : []),
    ],
  });
}

/** Keeps the evidence beside the model; returns the names of the files. */
export function writeLatency(
  context: Pick<PassContext, 'outputPath' | 'log'>,
  report: LatencyReport,
): Promise<string[]> {
  return writeSideFiles(context, {
    [LATENCY_FILE]: () => `${JSON.stringify(report, null, 2)}\n`,
    [LATENCY_PLOT]: () => ratioPlot(report),
  });
}

/** The milliseconds that a budget leaves of those before. */
function allowed({ latency = Infinity, latencyMs = Infinity }: PruningBudget, beforeMs: number): number {
  return Math.min(latency * beforeMs, latencyMs);
}

const ms = (value: number) => `${Number(value.toPrecision(3))} ms`;
const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;

function verdictOf(last: LatencyAttempt | undefined, isMet: boolean, noise: number, beforeMs: number): string {
  if (!last) return `latency budget met as it is: ${ms(beforeMs)} on this machine`;
  const { predictedMs, measuredMs, allowedMs } = last;
  const certainty = noise > NOISY ? ' as far as a noisy machine can tell' : '';
  return (
    `latency budget ${isMet ? 'met' : 'missed'}${certainty}: ${ms(measuredMs)} of ${ms(last.beforeMs)} before on ` +
    `this machine (${ms(predictedMs)} predicted, ${ms(allowedMs)} allowed)`
  );
}

function warningsOf(last: LatencyAttempt | undefined, isMet: boolean, noise: number, fastestShare: number): string[] {
  const noisy =
    noise > NOISY
      ? [
          `this machine is too noisy to hold a latency to: medians are known to within ${percent(noise)} only; ` +
            'run it while nothing else does',
        ]
      : [];
  if (!last || isMet) return noisy;
  const share = percent(last.measuredMs / last.beforeMs);
  const isOutOfReach = fastestShare * last.beforeMs > last.allowedMs;
  const allowedShare = percent(last.allowedMs / last.beforeMs);
  const missed = isOutOfReach
    ? `the latency budget is out of reach: the fastest pruning takes ${percent(fastestShare)} of the time ` +
      `before, and ${allowedShare} were allowed`
    : `the latency budget was missed: ${share} of the time before is left, and ` +
      `${allowedShare} were allowed, after ${ATTEMPTS} choices`;
  return [missed, ...noisy];
}
