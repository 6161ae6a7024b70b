import { EvaluateOptions, suggestion, type CustomGate, type RecipeStep } from '#contracts';
import type { RecipeProblem } from './errors.js';

/**
 * What is wrong with a gate over a figure that a module computes, where `step` is the evaluate pass that it goes by.
 */
export function customProblem({ custom, ...bounds }: CustomGate, step: RecipeStep | undefined): RecipeProblem | null {
  if (!step) return { field: 'custom', message: `nothing measures ${custom}: add an evaluate pass` };
  const parsed = EvaluateOptions.safeParse(step.options);
  if (!parsed.success) return null;
  const { custom: modules = [], confidence } = parsed.data;
  const found = modules.find(({ name }) => name === custom);
  if (!found) {
    const names = modules.map(({ name }) => name);
    const way = names.length === 0 ? 'give evaluate its module in custom' : suggestion(custom, names);
    return { field: 'custom', message: `evaluate has no figure of its own called ${custom}: ${way}` };
  }
  const wrong = found.better === 'lower' ? 'maxDrop' : 'maxRise';
  const right = found.better === 'lower' ? 'maxRise' : 'maxDrop';
  if (bounds[wrong] !== undefined)
    return { field: wrong, message: `of ${custom} ${found.better} is better, so that is no loss: say ${right}` };
  if (bounds.confidence === undefined || bounds.confidence === confidence) return null;
  const message = `evaluate measures intervals at ${confidence}: give its option confidence ${bounds.confidence} as well`;
  return { field: 'confidence', message };
}
