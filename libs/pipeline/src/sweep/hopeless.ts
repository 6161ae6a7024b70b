import {
  METRICS,
  PASSES,
  type Gate,
  type MetricName,
  type ModelMetrics,
  type PassDescriptor,
  type RecipeStep,
  type StageMetrics,
} from '#contracts';
import { isPassName } from '../plan.js';
import { figure, limitsOf } from './outcome.js';

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

/** Why a trial that runs cannot hold a constraint on size any more; null where it can. Nothing is said while a pass is to come that makes models smaller. */
export function hopeless(constraints: readonly Gate[], { passes, metrics, baseline }: Progressed): string | null {
  const last = metrics.at(-1);
  if (!last || passes.slice(metrics.length).some(mayShrink)) return null;
  for (const gate of constraints) {
    if (!FIXED.includes(gate.metric)) continue;
    const value = figure(last, gate.metric);
    const limit = Math.min(
      ...limitsOf(gate, baseline).map(({ limit: bound, sign }) => (sign === 1 ? (bound ?? Infinity) : Infinity)),
    );
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
