import {
  DEVICE_METRICS,
  deviceFigureName,
  deviceReferencesOf,
  figureOf,
  goalsOf,
  lets,
  METRICS,
  type DeviceReference,
  type Gate,
  type MetricName,
  type ModelMetrics,
  type RecipeGate,
  type SweepDocument,
  type Trial,
} from '#contracts';
import type { Outcome } from '#search';
import { judgeDeviceGate, type DeviceEvidence } from '../devices/device-gates.js';
import { judgeGates } from '../gates.js';
import { distanceOf, type ConstraintReading } from './distance.js';

/** What came of a trial, for people and for samplers. */
export interface TrialOutcome {
  /** Null where an objective was not measured. */
  outcome: Outcome | null;
  /** Figures of devices that the sweep asks for, by name. */
  devices: Record<string, number>;
  /** Sum of what is missing of each constraint; 0 where all hold. */
  violation: number;
  /** Each constraint that does not hold, in words. */
  violated: string[];
  /** Objectives without a figure. */
  missing: string[];
}

/** What a trial's last model came to, and the baseline beside it. */
export interface TrialEvidence {
  baseline: ModelMetrics | null;
  metrics: ModelMetrics;
  devices?: DeviceEvidence | undefined;
}

/** Stands for a ratio of signal to noise of outputs that are identical, in dB, so that it can be compared. */
const IDENTICAL_DB = 200;
const NO_DEVICES: DeviceEvidence = { modelDigest: '', benchmarks: [] };

/** Judges what a trial's last model came to. Objectives are turned so that lower is better. */
export function judgeTrial(
  document: Pick<SweepDocument, 'objectives' | 'constraints'>,
  { baseline, metrics, devices: evidence = NO_DEVICES }: TrialEvidence,
): TrialOutcome {
  const devices = deviceFigures(deviceReferencesOf(document), evidence);
  const goals = goalsOf(document).map(({ metric, direction }) => ({
    metric,
    value: goalValue({ metrics, devices }, metric),
    sign: direction === 'minimize' ? 1 : -1,
  }));
  const missing = goals.flatMap(({ metric, value }) => (value === undefined ? [metric] : []));
  const values = goals.map(({ sign, value = 0 }) => sign * value);
  const verdicts = judgeGates(document.constraints, baseline, metrics, { devices: evidence });
  const constraints = verdicts.map((verdict) => {
    const readings = readingsOf(verdict, { baseline, metrics, devices: evidence });
    return distanceOf(verdict.gate, lets(verdict), readings);
  });
  return {
    outcome: missing.length > 0 ? null : { values, constraints },
    devices,
    violation: constraints.reduce((sum, value) => sum + Math.max(0, value), 0),
    violated: verdicts.filter((verdict) => !lets(verdict)).map(({ explanation }) => explanation),
    missing,
  };
}

type Verdict = ReturnType<typeof judgeGates>[number];

/** What a constraint is read from: of a tag each device that has it. */
function readingsOf(
  { gate, value, baseline: reference }: Verdict,
  { baseline, metrics, devices = NO_DEVICES }: TrialEvidence,
): ConstraintReading[] {
  const told = (figure: number | null) => figure ?? undefined;
  if ('device' in gate)
    return judgeDeviceGate(gate, devices).map((check) => ({
      value: told(check.value),
      baseline: told(check.baseline),
    }));
  if ('custom' in gate) return [{ value: told(value), baseline: told(reference) }];
  return [
    {
      value: figureOfTable(metrics, gate.metric),
      baseline: baseline ? figureOfTable(baseline, gate.metric) : undefined,
    },
  ];
}

/** The worst of what the devices of each reference came to; without those that were not measured. */
function deviceFigures(references: readonly DeviceReference[], evidence: DeviceEvidence): Record<string, number> {
  return Object.fromEntries(
    references.flatMap((reference) => {
      const { device, metric, provider } = reference;
      const gate = { device, metric, ...(provider === undefined ? {} : { provider }) };
      const values = judgeDeviceGate(gate, evidence).map(({ value }) => value);
      const measured = values.flatMap((value) => value ?? []);
      if (measured.length === 0 || measured.length < values.length) return [];
      const worst = DEVICE_METRICS[metric].better === 'lower' ? Math.max(...measured) : Math.min(...measured);
      return [[deviceFigureName(reference), worst]];
    }),
  );
}

/** The figure of a trial by the name of an objective, in its unit; undefined where it was not measured. */
export function goalValue(trial: Pick<Trial, 'metrics' | 'devices'>, metric: string): number | undefined {
  const value = figureOf(trial, metric);
  return value === null ? IDENTICAL_DB : value;
}

/** A figure of the table; identical outputs count as 200 dB. */
export function figureOfTable(
  metrics: Partial<Record<MetricName, number | null | undefined>>,
  metric: MetricName,
): number | undefined {
  const value = metrics[metric];
  return value === null ? IDENTICAL_DB : value;
}

/** Whether a condition is on a figure of the table. */
export const isOfTable = (gate: RecipeGate): gate is Gate => !('device' in gate) && !('custom' in gate);

/** What a figure is called where it is told to be missing. */
export function goalLabel(metric: string): string {
  const name = Object.keys(METRICS).find((known): known is MetricName => known === metric);
  return name ? METRICS[name].label : metric;
}
