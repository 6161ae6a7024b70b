import { sentenceOf, type FieldProblem } from '#contracts';

/** One thing wrong with a recipe: which field, and what to do about it. */
export type RecipeProblem = FieldProblem;

/** Base of what libs/pipeline throws. */
export class PipelineError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The recipe cannot be run; every problem found is listed. */
export class RecipeError extends PipelineError {
  constructor(
    readonly problems: readonly RecipeProblem[],
    options?: ErrorOptions,
  ) {
    super('invalid_recipe', `the recipe cannot be run: ${sentenceOf(problems)}`, options);
  }
}

/** The sweep cannot be launched; every problem found is listed. */
export class SweepError extends PipelineError {
  constructor(
    readonly problems: readonly RecipeProblem[],
    options?: ErrorOptions,
  ) {
    super('invalid_sweep', `the sweep cannot be launched: ${sentenceOf(problems)}`, options);
  }
}
