import type { DeviceGate, GateVerdict, RecipeGate } from '#contracts';
import { judgeDeviceGate, type DeviceEvidence } from './devices/device-gates.js';
import { checksOf } from './gate-bounds.js';
import { customFigure, figureOfGate, type GateFigure, type Judged } from './gate-figure.js';

export interface GateContext {
  /** The stage whose gates they are. */
  stage?: number;
  /** What devices measured, for gates over it. */
  devices?: DeviceEvidence;
}

/** Judges each gate over a model's figures, in the recipe's order. A figure that is missing fails its gate. */
export function judgeGates(
  gates: readonly RecipeGate[],
  baseline: Judged | null,
  final: Judged,
  { stage, devices }: GateContext = {},
): GateVerdict[] {
  return gates.map((gate) => ({
    gate,
    ...('device' in gate ? judgeDevice(gate, devices) : judgeFigure(gate, figureFor(gate, baseline, final))),
    ...(stage === undefined ? {} : { stage }),
  }));
}

type Judgement = Pick<GateVerdict, 'passed' | 'value' | 'baseline' | 'explanation'>;

function figureFor(gate: Exclude<RecipeGate, DeviceGate>, baseline: Judged | null, final: Judged): GateFigure {
  return 'custom' in gate ? customFigure(gate, baseline, final) : figureOfGate(gate, baseline, final);
}

function judgeFigure(gate: Exclude<RecipeGate, DeviceGate>, figure: GateFigure): Judgement {
  const { value, label } = figure;
  const baseline = finite(figure.baseline);
  if (value === undefined) return { passed: false, value: null, baseline, explanation: `${label} was not measured` };
  const checks = checksOf(gate, { ...figure, value });
  const passed = checks.every((check) => check.holds);
  const explanation = checks.map((check) => check.words).join('; ');
  return { passed, value: finite(value), baseline, explanation };
}

const NOBODY: DeviceEvidence = { modelDigest: '', benchmarks: [] };

function judgeDevice(gate: DeviceGate, devices: DeviceEvidence = NOBODY): Judgement {
  const found = judgeDeviceGate(gate, devices);
  const told = found.find(({ holds }) => !holds) ?? found[0];
  const passed = found.every(({ holds }) => holds);
  const explanation = found.map(({ words }) => words).join('; ');
  return { passed, value: told?.value ?? null, baseline: told?.baseline ?? null, explanation };
}

function finite(value: number | undefined): number | null {
  return value === undefined || value === Infinity ? null : value;
}
