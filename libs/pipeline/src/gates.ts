import { METRICS, type Gate, type GateVerdict, type ModelMetrics, type StageMetrics } from '#contracts';
import { BOUNDS } from './gate-bounds.js';

/** Figures of a model that is judged; its transfer size may still be computed. */
type Judged = ModelMetrics | StageMetrics;

/**
 * Judges each gate over a model's figures, in the recipe's order. A figure that is missing fails its gate. `stage` is the one whose gates
 * they are.
 */
export function judgeGates(
  gates: readonly Gate[],
  baseline: Judged | null,
  final: Judged,
  stage?: number,
): GateVerdict[] {
  return gates.map((gate) => {
    const value = figure(final, gate.metric);
    const reference = figure(baseline, gate.metric);
    const subject = { gate, value: value ?? NaN, baseline: reference, final: final as ModelMetrics };
    const checks = value === undefined ? [] : BOUNDS.flatMap((bound) => bound(subject) ?? []);
    const missing = value === undefined ? [`${METRICS[gate.metric].label} was not measured`] : [];
    return {
      gate,
      passed: value !== undefined && checks.every((check) => check.holds),
      value: finite(value),
      baseline: finite(reference),
      explanation: [...missing, ...checks.map((check) => check.words)].join('; '),
      ...(stage === undefined ? {} : { stage }),
    };
  });
}

/** A null ratio of signal to noise means identical outputs: no noise at all. */
function figure(metrics: Judged | null, metric: Gate['metric']): number | undefined {
  const value = metrics?.[metric];
  return value === null ? Infinity : value;
}

function finite(value: number | undefined): number | null {
  return value === undefined || value === Infinity ? null : value;
}
