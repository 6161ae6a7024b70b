import type { z } from 'zod';
import { suggestion } from '#contracts';
import type { RecipeProblem } from './errors.js';

/** Zod's issues as problems; an unknown key becomes its own field, with the nearest of `validKeys(path)`. */
export function toProblems(error: z.ZodError, prefix: string, validKeys: (path: PropertyKey[]) => readonly string[]): RecipeProblem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ field: fieldName(prefix, issue.path), message: issue.message }];
    return issue.keys.map((key) => ({ field: fieldName(prefix, [...issue.path, key]), message: `there is no "${key}" here: ${suggestion(key, validKeys(issue.path))}` }));
  });
}

/** `passes[1].options.ratio` */
export function fieldName(prefix: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((field, part) => (typeof part === 'number' ? `${field}[${part}]` : field ? `${field}.${String(part)}` : String(part)), prefix);
}
