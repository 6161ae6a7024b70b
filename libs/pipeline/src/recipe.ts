import { fieldProblems, firstProblems, Recipe, schemaKeys } from '#contracts';
import { DocumentError, LIMITS, readDocument, wholeProblems } from '#documents';
import { RecipeError } from './errors.js';
import { gateProblems } from './gate-problems.js';
import { tryPlan } from './plan.js';

const EMPTY = 'it is empty: name its passes, as in passes: [{ pass: quantize }]';

/**
 * Reads a recipe from YAML or JSON text, or checks one given as an object. Throws RecipeError naming every field at
 * fault: unknown passes and options with the nearest valid name, and gates over figures that no pass would measure.
 */
export function parseRecipe(input: unknown): Recipe {
  const given = typeof input === 'string' ? parseText(input) : input;
  if (given === null) throw new RecipeError([{ field: '', message: EMPTY }]);
  const parsed = Recipe.safeParse(given);
  if (!parsed.success)
    throw new RecipeError(fieldProblems(parsed.error.issues, { validKeys: (path) => schemaKeys(Recipe, path) }), {
      cause: parsed.error,
    });
  const problems = [...tryPlan(parsed.data.passes).problems, ...gateProblems(parsed.data)];
  if (problems.length > 0) throw new RecipeError(firstProblems(problems));
  return parsed.data;
}

/** What is wrong with the text of a recipe, by line. */
export function unreadableRecipe(error: DocumentError): RecipeError {
  return new RecipeError(wholeProblems(error), { cause: error });
}

function parseText(text: string): unknown {
  try {
    return readDocument(text, LIMITS.recipe);
  } catch (error) {
    throw error instanceof DocumentError ? unreadableRecipe(error) : error;
  }
}
