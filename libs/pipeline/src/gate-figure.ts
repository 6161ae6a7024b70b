import {
  formatExactly,
  METRICS,
  type CustomGate,
  type Gate,
  type LatencyRatio,
  type ModelMetrics,
  type QualityInterval,
  type StageMetrics,
} from '#contracts';

/** Figures of a model that is judged; its transfer size may still be computed. */
export type Judged = ModelMetrics | StageMetrics;

/** A figure as gates judge it, whatever measured it. */
export interface GateFigure {
  label: string;
  say(value: number): string;
  /** Undefined where it was not measured. An identical output counts as an infinite ratio of signal to noise. */
  value: number | undefined;
  /** Undefined where the baseline was not measured. */
  baseline: number | undefined;
  interval?: Pick<QualityInterval, 'low' | 'high' | 'confidence' | 'change'> | undefined;
  /** Bounds are judged by the interval whether or not the gate names a confidence. */
  isAlwaysByInterval?: boolean;
  /** Against the baseline, where this is the median latency of which the ratio was measured. */
  ratio?: LatencyRatio | undefined;
  /** What is to be said of a ratio to the baseline that has no interval. */
  ratioDoubt?: string;
}

/** A figure that was measured. */
export type MeasuredGateFigure = GateFigure & { value: number };

/** Of a latency without an interval, a ratio may be noise. */
export const NO_INTERVAL = '; it has no interval, so that noise may have decided';

/** The figure of a gate that names one of the table. */
export function figureOfGate({ metric }: Gate, baseline: Judged | null, final: Judged): GateFigure {
  const { label, unit } = METRICS[metric];
  const isTimed = unit === 'ms' && final.latencyRatio !== undefined;
  return {
    label,
    say: (value) => formatExactly(metric, value),
    value: numberOf(final[metric]),
    baseline: numberOf(baseline?.[metric]),
    interval: final.intervals?.[metric],
    ratio: metric === 'latencyMsP50' ? final.latencyRatio : undefined,
    ratioDoubt: isTimed ? NO_INTERVAL : '',
  };
}

/** The figure of a gate over one that a module of the recipe computes. */
export function customFigure({ custom }: CustomGate, baseline: Judged | null, final: Judged): GateFigure {
  const figure = final.custom?.[custom];
  return {
    label: custom,
    say: (value) => String(Number(value.toPrecision(6))),
    value: figure?.value,
    baseline: baseline?.custom?.[custom]?.value,
    interval: figure?.interval,
  };
}

/** A null ratio of signal to noise means identical outputs: no noise at all. */
const numberOf = (value: number | null | undefined): number | undefined => (value === null ? Infinity : value);
