import type { z } from 'zod';
import { ApiError, type FieldProblem } from './api-error.js';

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The fields that a schema found at fault; of a union, the branch that came nearest. */
export function toFieldProblems(issues: readonly Issue[], prefix: readonly PropertyKey[] = []): FieldProblem[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...(issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))];
    const branch = nearestBranch(issue);
    return branch ? toFieldProblems(branch, path) : [{ field: fieldName(path), message: issue.message }];
  });
}

/** For StandardSchemaValidationPipe. */
export function invalidRequest(issues: readonly Issue[]): ApiError {
  const problems = toFieldProblems(issues);
  return new ApiError('invalid_request', problems.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; '), problems);
}

/** Parses what no pipe sees. Throws ApiError with `code` naming each field. */
export function parseWith<T extends z.ZodType>(schema: T, value: unknown, code: string, what: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = toFieldProblems(result.error.issues);
  throw new ApiError(code, `${what}: ${problems.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ')}`, problems);
}

/** A branch that fails at its root is of another kind altogether. */
function nearestBranch(issue: Issue): readonly Issue[] | undefined {
  if (!('errors' in issue) || !Array.isArray(issue.errors)) return undefined;
  const branches = issue.errors as Issue[][];
  return branches.find((branch) => branch.every(({ path }) => (path ?? []).length > 0));
}

function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((field, part) => (typeof part === 'number' ? `${field}[${part}]` : field ? `${field}.${String(part)}` : String(part)), '');
}
