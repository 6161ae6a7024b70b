import { entryFor, fitsPattern, leastFitting, PruneOptions, QuantizeOptions, type Assignment } from '#contracts';
import type { SweepPlan } from '../sweep-plan.js';
import { stepsOf } from '../trial-recipe.js';
import { replaceRanges, type OptionPath } from '../walk.js';

/** What an assignment asks of the model's parts, by its first prune and its first quantize. */
export interface AskedOfParts {
  /** The share of its channels that a group of these layers is asked to lose. */
  ratioOf(producers: readonly string[]): number;
  /** The width of a layer's weight in bits; null where nothing quantizes it. */
  widthOf(node: string): number | null;
}

/** Read off the recipe that the assignment makes. A prune that does not go by shares of layers asks for nothing. */
export function askedBy(plan: SweepPlan, assignment: Assignment): AskedOfParts {
  const steps = stepsOf(plan, assignment);
  const optionsOf = (pass: string) => steps.find((step) => step.pass === pass)?.options;
  const prune = PruneOptions.safeParse(optionsOf('prune')).data;
  const quantize = QuantizeOptions.safeParse(optionsOf('quantize')).data;
  return {
    ratioOf: (producers) =>
      prune && goesByShares(prune) ? Math.min(prune.ratio, leastFitting(prune.layerLimits, producers) ?? 1) : 0,
    widthOf: (node) => (quantize ? (entryFor(quantize.layerBits, node) ?? quantize.weightBits) : null),
  };
}

/** Whether each layer loses its share of channels, which is what was measured of it. */
export function goesByShares({ granularity, scope, schedule, budget, maxDrop }: PruneOptions): boolean {
  const isGiven = budget === undefined && maxDrop === undefined && schedule === 'one-shot';
  return granularity === 'channel' && scope !== 'global' && isGiven;
}

/** Options of prune that decide how much goes of a layer, besides its own limit. */
const OF_RATIO: ReadonlySet<unknown> = new Set(['ratio', 'granularity', 'scope', 'schedule', 'budget', 'maxDrop']);

/** Names of the parameters that may decide the share of a group of these layers. */
export function ratioParameters(plan: SweepPlan, producers: readonly string[]): string[] {
  const fits = (pattern: unknown) => producers.some((name) => fitsPattern(String(pattern), name));
  return parametersAt(plan, 'prune', ([option, key]) => (option === 'layerLimits' ? fits(key) : OF_RATIO.has(option)));
}

/** Names of the parameters that may decide the width of a layer. */
export function widthParameters(plan: SweepPlan, node: string): string[] {
  const step = plan.document.passes.find(({ pass }) => pass === 'quantize');
  const entries = (step?.options['layerBits'] ?? {}) as Record<string, unknown>;
  const decides = entryFor(entries, node);
  return parametersAt(plan, 'quantize', ([option, key]) =>
    decides === undefined ? option === 'weightBits' : option === 'layerBits' && entries[String(key)] === decides,
  );
}

/** Parameters at places of the first step of a pass, its presence, and all that these exist under. */
function parametersAt(plan: SweepPlan, pass: string, isAt: (path: OptionPath) => boolean): string[] {
  const { document, steps, space } = plan;
  const at = document.passes.findIndex((step) => step.pass === pass);
  const step = document.passes[at];
  if (!step) return [];
  const name = steps[at] ?? pass;
  const found = new Set<string>(step.optional ? [name] : Object.keys(step.when ?? {}));
  const note = (parameter: string, path: OptionPath) => {
    if (isAt(path)) found.add(parameter);
    return 0;
  };
  replaceRanges(step.options, {
    range: (range, path) => note(range.name ?? [name, ...path].join('.'), path),
    reference: note,
  });
  for (const parameter of found)
    for (const condition of space.get(parameter).when ?? []) found.add(condition.parameter);
  return [...found];
}
