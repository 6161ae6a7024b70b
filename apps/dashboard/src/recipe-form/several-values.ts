import { parse, stringify } from 'yaml';
import type { OptionKind } from './option-kind.js';

/** The values of a range that lists them, as the form edits them; null for a range of another kind, or for none. */
export function listedValues(value: unknown): readonly unknown[] | null {
  if (typeof value !== 'object' || value === null) return null;
  const { grid, choice } = value as { grid?: unknown; choice?: unknown };
  const values = grid ?? choice;
  return Array.isArray(values) ? values : null;
}

/** Numbers have an order, in which neighbours act alike; words have none. */
export const valueRangeOf = (values: readonly unknown[]): object =>
  values.every((value) => typeof value === 'number') ? { grid: values } : { choice: values };

/** A list as it is typed: "8, 4, 2". Values of YAML that hold commas stand in brackets. */
export function readList(text: string): unknown[] {
  const values: unknown = parse(`[${text}]`);
  return Array.isArray(values) ? values.filter((value) => value !== null) : [];
}

export const listText = (values: readonly unknown[]): string => values.map(plainText).join(', ');

/** A value in one line of YAML. */
export function plainText(value: unknown): string {
  return typeof value === 'string' ? value : stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}

/** What was typed as a value of the option; undefined for nothing, which leaves the default. Throws YAMLParseError. */
export function readValue(text: string, { kind }: OptionKind): unknown {
  if (text.trim() === '') return undefined;
  if (kind === 'text') return text;
  return parse(text) as unknown;
}
