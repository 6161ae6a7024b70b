import { Gate, Recipe, RecipeStep } from '#contracts';
import { parseDocument } from 'yaml';
import { RecipeError } from './errors.js';
import { gateProblems } from './gates.js';
import { tryPlan } from './plan.js';
import { toProblems } from './zod-problems.js';

/** Characters; a recipe of fifty passes with every option written out is a tenth of it. */
const MAX_TEXT = 256 * 1024;

/**
 * Reads a recipe from YAML or JSON text, or checks one given as an object. Throws RecipeError naming every field at
 * fault: unknown passes and options with the nearest valid name, and gates over figures that no pass would measure.
 */
export function parseRecipe(input: unknown): Recipe {
  const parsed = Recipe.safeParse(typeof input === 'string' ? parseText(input) : input);
  if (!parsed.success) throw new RecipeError(toProblems(parsed.error, '', validKeys), { cause: parsed.error });
  const problems = [...tryPlan(parsed.data.passes).problems, ...gateProblems(parsed.data)];
  if (problems.length > 0) throw new RecipeError(problems);
  return parsed.data;
}

function parseText(text: string): unknown {
  if (text.length > MAX_TEXT) throw new RecipeError([{ field: '', message: `the text is ${text.length} characters long, ${MAX_TEXT} are allowed` }]);
  const document = parseDocument(text);
  const problems = document.errors.map((error) => ({ field: `line ${error.linePos?.[0].line ?? 1}`, message: error.message.split('\n')[0] ?? error.code }));
  if (problems.length > 0) throw new RecipeError(problems);
  try {
    return document.toJS();
  } catch (cause) {
    throw new RecipeError([{ field: '', message: `the YAML cannot be expanded: ${cause instanceof Error ? cause.message : String(cause)}` }], { cause });
  }
}

/** The keys of the object at a path of the recipe. */
function validKeys([list]: PropertyKey[]): readonly string[] {
  if (list === 'passes') return Object.keys(RecipeStep.shape);
  if (list === 'gates') return Object.keys(Gate.shape);
  return Object.keys(Recipe.shape);
}
