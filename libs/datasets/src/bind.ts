import { DatasetError } from './errors.js';

/** Manifest name that feeds the only input of a model whatever its name. */
export const ANY_INPUT = '*';

/** Which of the manifest's inputs feeds each of the model's. Throws DatasetError when one is fed by none. */
export function bindNames(manifestNames: readonly string[], modelNames: readonly string[]): Record<string, string> {
  const bound = modelNames.map((name): [string, string] => {
    const source = sourceOf(name, manifestNames, modelNames);
    if (source !== null) return [name, source];
    throw new DatasetError('dataset_input', `nothing feeds the model's input "${name}"`, {
      expected: `an input named "${name}"`,
      got: manifestNames.join(', '),
      wayOut: 'rename it in the manifest; "*" feeds the only input of a model',
    });
  });
  return Object.fromEntries(bound);
}

/** The manifest's input that feeds the model's input `name`, or null. */
export function sourceOf(name: string, manifestNames: readonly string[], modelNames: readonly string[]): string | null {
  if (manifestNames.includes(name)) return name;
  return modelNames.length === 1 && manifestNames.includes(ANY_INPUT) ? ANY_INPUT : null;
}
