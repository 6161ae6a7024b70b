import { linePlot } from '#evaluation';
import type { TriedPlan, WidthChoice } from './choose-widths.js';
import type { WidthPlan } from './mixed-precision.js';

/** Points of a curve beyond which a plot shows nothing more. */
const MAX_POINTS = 120;

/** The trade-off as the artifact holds it: size against loss, and the layers' part in it. */
export interface TradeOff {
  chosen: TriedPlan;
  uniform: TriedPlan[];
  /** Undominated plans, widest first; `estimatedSnrDb` from the layers' noise added up. */
  front: { averageBits: number; estimatedSnrDb: number; bits: Record<string, number> }[];
  layers: WidthChoice['sensitivities'];
}

export function tradeOff({ chosen, uniform, front, sensitivities }: WidthChoice): TradeOff {
  const points = thinned(front).map(({ averageBits, noise, bits }) => ({
    averageBits,
    estimatedSnrDb: estimatedSnrDb(noise),
    bits,
  }));
  return { chosen, uniform, front: points, layers: sensitivities };
}

/**
 * Signal to noise of the outputs against average width: the estimated curve, the widths taken, and the same width
 * everywhere.
 */
export function tradeOffPlot({ chosen, uniform, front }: WidthChoice): string {
  return linePlot({
    title: 'Mixed precision',
    xLabel: 'average bits per weight',
    yLabel: 'SNR of the outputs, dB',
    series: [
      {
        name: 'best widths, estimated',
        points: thinned(front).map(({ averageBits, noise }) => [averageBits, estimatedSnrDb(noise)]),
      },
      { name: 'same width everywhere, measured', points: uniform.map(measured), style: 'marks' },
      { name: 'chosen, measured', points: [measured(chosen)], style: 'marks' },
    ],
  });
}

function measured({ averageBits, outputSnrDb }: TriedPlan): [number, number] {
  return [averageBits, outputSnrDb ?? NaN];
}

function estimatedSnrDb(noise: number): number {
  return -10 * Math.log10(noise);
}

function thinned(front: readonly WidthPlan[]): WidthPlan[] {
  const stride = Math.ceil(front.length / MAX_POINTS);
  return front.filter((_plan, i) => i % stride === 0 || i === front.length - 1);
}
