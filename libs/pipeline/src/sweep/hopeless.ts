import {
  METRICS,
  PASSES,
  type MetricName,
  type ModelMetrics,
  type PassDescriptor,
  type RecipeGate,
  type RecipeStep,
  type StageMetrics,
} from '#contracts';
import { isPassName } from '../plan.js';
import { limitsOf } from './distance.js';
import { figureOfTable, isOfTable } from './outcome.js';

/** Sizes that a pass which keeps every tensor's shape and format leaves as they are. */
const FIXED: readonly MetricName[] = ['bytes', 'formatBits', 'parameters'];
/** Share by which a file may still shrink when it is only written anew. */
const SLACK = 0.02;

export interface Progressed {
  passes: readonly RecipeStep[];
  /** Figures of the stages that have ended, the first to the last. */
  metrics: readonly StageMetrics[];
  /** Figures of the input model, as far as they are known. */
  baseline: Partial<ModelMetrics> | null;
}

/**
 * Why a trial that runs cannot hold a constraint on size any more; null where it can. Nothing is said while a pass is
 * to come that makes models smaller.
 */
export function hopeless(constraints: readonly RecipeGate[], { passes, metrics, baseline }: Progressed): string | null {
  const last = metrics.at(-1);
  if (!last || passes.slice(metrics.length).some(mayShrink)) return null;
  for (const gate of constraints) {
    if (!isOfTable(gate) || !FIXED.includes(gate.metric)) continue;
    const value = figureOfTable(last, gate.metric);
    const reference = baseline ? figureOfTable(baseline, gate.metric) : undefined;
    const bounds = limitsOf(gate, reference).filter(({ sign }) => sign === 1);
    const limit = Math.min(...bounds.map(({ limit: bound }) => bound ?? Infinity));
    if (value !== undefined && value * (1 - SLACK) > limit)
      return `${METRICS[gate.metric].label} is ${value} after stage ${metrics.length}, at most ${limit} is asked, and no later pass makes it smaller`;
  }
  return null;
}

function mayShrink({ pass, options }: RecipeStep): boolean {
  if (!isPassName(pass)) return true;
  const { resizes, options: schema }: PassDescriptor = PASSES[pass];
  const parsed = schema.safeParse(options);
  return !parsed.success || resizes(parsed.data);
}
