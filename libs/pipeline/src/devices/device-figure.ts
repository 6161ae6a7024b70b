import {
  DEVICE_METRICS,
  formatDeviceMetric,
  type DeviceGate,
  type DeviceMetric,
  type LatencyRatio,
  type ModelTiming,
} from '#contracts';
import { NO_INTERVAL, type GateFigure } from '../gate-figure.js';

/** A figure of a device, with what a reader must know besides. */
export type DeviceFigure = GateFigure & { doubts: string[] };

/** The level of the intervals of medians. */
const CONFIDENCE = 0.95;
/** Shares of the time of nodes are sums of many. */
const ROUNDING = 1e-6;

const READ: Record<DeviceMetric, (model: ModelTiming, gate: DeviceGate) => number | null | undefined> = {
  p50Ms: ({ p50 }) => p50,
  p90Ms: ({ p90 }) => p90,
  p95Ms: ({ p95 }) => p95,
  p99Ms: ({ p99 }) => p99,
  coldLoadMs: ({ coldLoadMs }) => coldLoadMs,
  warmLoadMs: ({ warmLoadMs }) => warmLoadMs,
  firstRunMs: ({ firstRunMs }) => firstRunMs,
  peakRssBytes: ({ peakRssBytes }) => peakRssBytes,
  perSecond: ({ perSecond }) => perSecond,
  // The baseline has no ratio to itself.
  speedup: ({ latencyRatio }) => (latencyRatio ? 1 / latencyRatio.ratio : 1),
  lastMinuteMs: ({ sustained }) => sustained?.lastMs,
  sustainedRatio: ({ sustained }) => sustained?.ratio,
  joules: ({ energy }) => energy?.joules,
  providerShare: ({ providers }, { provider = '' }) => providers && whole(providers[provider] ?? 0),
};

/** The figure that a gate is over, of a model that a device has measured beside the baseline. */
export function deviceFigure(
  gate: DeviceGate,
  device: string,
  { first, model }: { first: ModelTiming; model: ModelTiming },
): DeviceFigure {
  const { metric, provider } = gate;
  const of = provider === undefined ? '' : ` that ${provider} ran`;
  const baseline = READ[metric](first, gate);
  const value = READ[metric](model, gate);
  const ratio = model.latencyRatio;
  return {
    label: `${DEVICE_METRICS[metric].label}${of} on ${device}`,
    say: (number) => formatDeviceMetric(metric, number),
    value: value ?? undefined,
    baseline: baseline ?? undefined,
    ...intervalOf(metric, model),
    ratio: metric === 'p50Ms' && ratio ? ratio : undefined,
    ratioDoubt: ['ms', 'joules'].includes(DEVICE_METRICS[metric].unit) ? NO_INTERVAL : '',
    doubts: [...doubtsOf(metric, ratio), ...othersOf(gate, model)],
  };
}

const MISSING: Partial<Record<DeviceMetric, string>> = {
  providerShare: ': it sent no profile, so which execution provider ran a node is not known',
  joules: ': nothing counts energy there',
};

/** Why a figure is not known. */
export const missingReason = ({ metric }: DeviceGate): string => MISSING[metric] ?? '';

function intervalOf(metric: DeviceMetric, { low, high, latencyRatio }: ModelTiming): Partial<GateFigure> {
  if (metric === 'p50Ms')
    return low === null || high === null
      ? { isAlwaysByInterval: true }
      : { isAlwaysByInterval: true, interval: { low, high, confidence: CONFIDENCE } };
  if (metric !== 'speedup' || !latencyRatio) return {};
  const { confidence } = latencyRatio;
  if (latencyRatio.low === null || latencyRatio.high === null) return { isAlwaysByInterval: true };
  const interval = { low: 1 / latencyRatio.high, high: 1 / latencyRatio.low, confidence };
  return { isAlwaysByInterval: true, interval };
}

function doubtsOf(metric: DeviceMetric, ratio: LatencyRatio | null): string[] {
  const isOfRatio = metric === 'speedup' || metric === 'p50Ms';
  return isOfRatio && ratio?.verdict === 'inconclusive' ? [`inconclusive: ${ratio.reason ?? 'noise'}`] : [];
}

/** Providers that ran what the one that was asked for did not. */
function othersOf({ metric, provider }: DeviceGate, { providers }: ModelTiming): string[] {
  if (metric !== 'providerShare' || !providers) return [];
  const others = Object.entries(providers).filter(([name, share]) => name !== provider && share > ROUNDING);
  return others.map(([name, share]) => `${name} ran ${formatDeviceMetric('providerShare', share)}`);
}

const whole = (share: number): number => (share > 1 - ROUNDING ? 1 : share);
