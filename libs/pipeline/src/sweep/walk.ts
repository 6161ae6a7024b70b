import { fieldProblems, rangeSchemaOf, schemaKeys, type FieldProblem, type Range } from '#contracts';

/** Where something stands within the options of a step. */
export type OptionPath = readonly (string | number)[];

/** What stands in the place of a value in the options of a sweep's step. */
export interface Visitor {
  range(range: Range, path: OptionPath): unknown;
  /** `$NAME` or `{ sameAs: NAME }`. */
  reference(name: string, path: OptionPath): unknown;
  problem?(problem: FieldProblem, path: OptionPath): void;
}

/** What a visitor gives for a value that does not exist: its key, or its place in a list, goes. */
export const ABSENT = Symbol('absent');

/** The value with ranges and references replaced by what the visitor gives for them; literals are unwrapped. */
export function replaceRanges(value: unknown, visitor: Visitor, path: OptionPath = []): unknown {
  if (typeof value === 'string') return ofText(value, visitor, path);
  if (typeof value !== 'object' || value === null) return value;
  const schema = rangeSchemaOf(value);
  if (schema) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return visitor.range(parsed.data, path);
    const validKeys = (at: PropertyKey[]) => schemaKeys(schema, at);
    for (const problem of fieldProblems(parsed.error.issues, { validKeys })) visitor.problem?.(problem, path);
    return ABSENT;
  }
  if (Array.isArray(value)) {
    const replaced = value.map((item, at) => replaceRanges(item, visitor, [...path, at]));
    return replaced.filter((item) => item !== ABSENT);
  }
  return ofObject(value as Record<string, unknown>, visitor, path);
}

function ofText(text: string, visitor: Visitor, path: OptionPath): unknown {
  if (text.startsWith('$$')) return text.slice(1);
  return text.startsWith('$') ? visitor.reference(text.slice(1), path) : text;
}

function ofObject(value: Record<string, unknown>, visitor: Visitor, path: OptionPath): unknown {
  const [[key, only] = [], ...others] = Object.entries(value);
  if (others.length === 0 && key === 'literal') return only;
  if (others.length === 0 && key === 'sameAs' && typeof only === 'string') return visitor.reference(only, path);
  const replaced = (name: string, item: unknown) => replaceRanges(item, visitor, [...path, name]);
  const entries = Object.entries(value).map(([name, item]) => [name, replaced(name, item)]);
  return Object.fromEntries(entries.filter(([, item]) => item !== ABSENT)) as Record<string, unknown>;
}
