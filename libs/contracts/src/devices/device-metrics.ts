import { formatJoules } from './energy.js';

/** In what a figure of a device is told. */
export type DeviceUnit = 'joules' | 'ms' | 'bytes' | 'perSecond' | 'times' | 'share';

export interface DeviceMetricFacts {
  label: string;
  unit: DeviceUnit;
  better: 'higher' | 'lower';
}

/** The figures of a model on a device that a gate may be over. */
export const DEVICE_METRICS = {
  p50Ms: { label: 'median latency', unit: 'ms', better: 'lower' },
  p90Ms: { label: 'latency p90', unit: 'ms', better: 'lower' },
  p95Ms: { label: 'latency p95', unit: 'ms', better: 'lower' },
  p99Ms: { label: 'latency p99', unit: 'ms', better: 'lower' },
  coldLoadMs: { label: 'first load', unit: 'ms', better: 'lower' },
  warmLoadMs: { label: 'load in a warm process', unit: 'ms', better: 'lower' },
  firstRunMs: { label: 'first run', unit: 'ms', better: 'lower' },
  peakRssBytes: { label: 'memory at most', unit: 'bytes', better: 'lower' },
  perSecond: { label: 'samples a second', unit: 'perSecond', better: 'higher' },
  speedup: { label: 'speed-up', unit: 'times', better: 'higher' },
  lastMinuteMs: { label: 'median latency in the last minute', unit: 'ms', better: 'lower' },
  sustainedRatio: { label: 'last minute over first', unit: 'times', better: 'lower' },
  joules: { label: 'energy of a run', unit: 'joules', better: 'lower' },
  providerShare: { label: 'share of the time', unit: 'share', better: 'higher' },
} as const satisfies Record<string, DeviceMetricFacts>;

export type DeviceMetric = keyof typeof DEVICE_METRICS;
export const DEVICE_METRIC_NAMES = Object.keys(DEVICE_METRICS) as [DeviceMetric, ...DeviceMetric[]];

const SHOW: Record<DeviceUnit, (value: number) => string> = {
  joules: formatJoules,
  ms: (value) => `${Number(value.toPrecision(4))} ms`,
  bytes: (value) => `${(value / 1e6).toFixed(1)} MB`,
  perSecond: (value) => `${Number(value.toPrecision(4))} / s`,
  times: (value) => `${value.toFixed(2)}x`,
  share: (value) => `${Number((100 * value).toPrecision(3))} %`,
};

/** A figure with its unit: "1.84 ms", "1.52x". */
export const formatDeviceMetric = (name: DeviceMetric, value: number): string => SHOW[DEVICE_METRICS[name].unit](value);
