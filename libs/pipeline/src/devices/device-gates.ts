import { gatedDeviceText, type DeviceGate, type ModelTiming, type ReportedBenchmark } from '#contracts';
import { checksOf } from '../gate-bounds.js';
import type { GateCheck } from '../gate-check.js';
import { deviceFigure, missingReason } from './device-figure.js';

/** What devices were asked and said of a job's models. */
export interface DeviceEvidence {
  /** The model that is judged: the last of the job. */
  modelDigest: string;
  benchmarks: readonly AskedBenchmark[];
}

/** A benchmark with the names by which its device was asked. */
export interface AskedBenchmark extends Pick<ReportedBenchmark, 'stage' | 'asked' | 'device' | 'state' | 'error'> {
  result: ReportedBenchmark['result'];
  wantedName: string | null;
  askedTags: readonly string[];
}

/** What one device came to, with its figure and the baseline's where they are known. */
export interface DeviceCheck extends GateCheck {
  value: number | null;
  baseline: number | null;
}

/**
 * Judges a gate on each device that it names, of the last stage that asked it. A device that has not measured fails it.
 */
export function judgeDeviceGate(gate: DeviceGate, { modelDigest, benchmarks }: DeviceEvidence): DeviceCheck[] {
  const asked = benchmarks.filter(isOf(gate));
  const last = Math.max(...asked.map(({ stage }) => stage));
  if (asked.length === 0) return [missing(`no device was asked by ${gatedDeviceText(gate.device)}`)];
  return asked.filter(({ stage }) => stage === last).map((each) => judgeOne(gate, each, modelDigest));
}

const isOf =
  ({ device }: DeviceGate) =>
  ({ wantedName, askedTags }: AskedBenchmark): boolean =>
    typeof device === 'string' ? wantedName === device : askedTags.includes(device.tag);

function judgeOne(gate: DeviceGate, benchmark: AskedBenchmark, digest: string): DeviceCheck {
  const { asked, device, result, error, state } = benchmark;
  const name = device ?? asked;
  if (!result) return missing(`${asked} has not measured it: ${error?.message ?? state}`);
  const [first] = result.models;
  const model = result.models.find((each) => each.digest === digest);
  if (!first || !model) return missing(`${name} has not measured the last model`);
  return judgeModel(gate, name, { first, model });
}

function judgeModel(gate: DeviceGate, name: string, of: { first: ModelTiming; model: ModelTiming }): DeviceCheck {
  const figure = deviceFigure(gate, name, of);
  const { value, label } = figure;
  if (value === undefined) return missing(`${label} was not measured${missingReason(gate)}`);
  const bounds = gate.metric === 'providerShare' ? { ...gate, min: gate.min ?? 1 } : gate;
  const checks = checksOf(bounds, { ...figure, value });
  const holds = checks.every((check) => check.holds);
  const words = [...checks.map((check) => check.words), ...figure.doubts].join('; ');
  return { holds, words, value, baseline: figure.baseline ?? null };
}

const missing = (words: string): DeviceCheck => ({ holds: false, words, value: null, baseline: null });
