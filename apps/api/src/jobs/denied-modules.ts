import type { Config, FieldProblem } from '#contracts';
import type { PlannedStage } from '#pipeline';

/** Modules that compute figures run code on the workers: the operator decides whether users may bring any. */
export function deniedModules(stages: readonly PlannedStage[], { customMetrics }: Config): FieldProblem[] {
  if (customMetrics === 'allow') return [];
  const message =
    'this server does not run modules of its users: its operator allows it with COLDPRESS_CUSTOM_METRICS=allow';
  const withModules = stages.filter(({ options }) => options['custom'] !== undefined);
  return withModules.map(({ index }) => ({ field: `recipe.passes[${index}].options.custom`, message }));
}
