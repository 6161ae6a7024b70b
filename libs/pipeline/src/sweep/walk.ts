import { rangeSchemaOf, type FieldProblem, type Range, fieldProblems } from '#contracts';

/** Where something stands within the options of a step. */
export type Path = readonly (string | number)[];

/** What stands in the place of a value in the options of a sweep's step. */
export interface Visitor {
  range(range: Range, path: Path): unknown;
  /** `$NAME` or `{ sameAs: NAME }`. */
  reference(name: string, path: Path): unknown;
  problem?(problem: FieldProblem, path: Path): void;
}

/** What a visitor gives for a value that does not exist: its key, or its place in a list, goes. */
export const ABSENT = Symbol('absent');

/** The value with ranges and references replaced by what the visitor gives for them; literals are unwrapped. */
export function replaceRanges(value: unknown, visitor: Visitor, path: Path = []): unknown {
  if (typeof value === 'string') return ofText(value, visitor, path);
  if (typeof value !== 'object' || value === null) return value;
  const schema = rangeSchemaOf(value);
  if (schema) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return visitor.range(parsed.data, path);
    for (const problem of fieldProblems(parsed.error.issues)) visitor.problem?.(problem, path);
    return ABSENT;
  }
  if (Array.isArray(value))
    return value.map((item, at) => replaceRanges(item, visitor, [...path, at])).filter((item) => item !== ABSENT);
  return ofObject(value as Record<string, unknown>, visitor, path);
}

function ofText(text: string, visitor: Visitor, path: Path): unknown {
  if (text.startsWith('$$')) return text.slice(1);
  return text.startsWith('$') ? visitor.reference(text.slice(1), path) : text;
}

function ofObject(value: Record<string, unknown>, visitor: Visitor, path: Path): unknown {
  const [[key, only] = [], ...others] = Object.entries(value);
  if (others.length === 0 && key === 'literal') return only;
  if (others.length === 0 && key === 'sameAs' && typeof only === 'string') return visitor.reference(only, path);
  const entries = Object.entries(value).map(([name, item]) => [name, replaceRanges(item, visitor, [...path, name])]);
  return Object.fromEntries(entries.filter(([, item]) => item !== ABSENT)) as Record<string, unknown>;
}
