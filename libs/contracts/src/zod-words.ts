import { z } from 'zod';
import { suggestion } from './nearest-name.js';

/** What is said of a union that has no words of its own. */
export const NO_FORM_FITS = 'none of the forms that are allowed here fits';

/** Of a value that is told back. */
const SHOWN = 60;

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object with named fields',
  record: 'an object with named fields',
  null: 'null',
  undefined: 'nothing',
  nan: 'NaN',
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'an id as 123e4567-e89b-12d3-a456-426614174000',
  datetime: 'a time as 2026-01-31T12:00:00Z',
  url: 'a URL',
};

/**
 * What a schema finds wrong, in words for people: what was expected, what came, what to do. Refinements have words of
 * their own.
 */
export function wordsOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      // A text in an address that is no number comes as NaN, which nobody wrote.
      if (Number.isNaN(issue.input)) return `must be ${typeName(issue.expected)}`;
      return issue.input === undefined
        ? `is missing: give ${typeName(issue.expected)}`
        : `expected ${typeName(issue.expected)}, got ${told(issue.input)}`;
    case 'invalid_value':
      return ofValues(issue.values.map(String), issue.input);
    case 'too_big': {
      const bound = issue.inclusive === false ? 'must be below' : 'at most';
      const most = `${issue.maximum}${unit(issue.origin, issue.maximum)}`;
      return `${bound} ${most}${amount(issue.origin, issue.input)}`;
    }
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'must not be empty';
      {
        const bound = issue.inclusive === false ? 'must be above' : 'at least';
        const least = `${issue.minimum}${unit(issue.origin, issue.minimum)}`;
        return `${bound} ${least}${amount(issue.origin, issue.input)}`;
      }
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}, got ${told(issue.input)}`;
    case 'invalid_format':
      return `expected ${FORMATS[issue.format] ?? `the form of ${issue.format}`}, got ${told(issue.input)}`;
    case 'unrecognized_keys':
      return issue.keys.map((key) => `there is no ${told(key)} here`).join('; ');
    case 'invalid_union':
      return Array.isArray(issue['options'])
        ? ofValues(issue['options'].map(String), field(issue.input, issue['discriminator']))
        : `${NO_FORM_FITS} ${told(issue.input)}`;
    case 'invalid_key':
      return 'this name is not allowed here';
    default:
      return 'is not valid here';
  }
}

/** One sentence for each issue of every schema, in every process that loads a schema. */
z.config({ localeError: wordsOf });

const typeName = (type: string): string => TYPES[type] ?? type;

function ofValues(values: readonly string[], input: unknown): string {
  if (input === undefined) return `is missing: give ${values.join(', ')}`.replace(/, ([^,]*)$/, ' or $1');
  const way =
    values.length === 1
      ? `give ${values[0]}`
      : typeof input === 'string'
        ? wordsForText(input, values)
        : `choose one of ${values.join(', ')}`;
  return `${told(input)} is not allowed here: ${way}`;
}

/** A text that reads like one of the values is in quotes where a number is asked for. */
function wordsForText(input: string, values: readonly string[]): string {
  return values.includes(input) ? `give ${input} without quotes` : suggestion(input, values);
}

function field(input: unknown, name: unknown): unknown {
  return typeof input === 'object' && input !== null ? (input as Record<string, unknown>)[String(name)] : undefined;
}

/** A value from outside as it may be told back: in full when it is short. */
export function told(value: unknown): string {
  if (typeof value === 'string') return `"${value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value}"`;
  if (Array.isArray(value)) return 'a list';
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  return typeof value === 'object' ? 'an object' : typeof value === 'undefined' ? 'nothing' : typeof value;
}

function unit(origin: string, count: number | bigint): string {
  if (origin === 'string') return Number(count) === 1 ? ' character' : ' characters';
  return origin === 'array' || origin === 'set' ? (Number(count) === 1 ? ' entry' : ' entries') : '';
}

function amount(origin: string, input: unknown): string {
  if (typeof input === 'number' || typeof input === 'bigint') return `, got ${input}`;
  const { length } = (input ?? {}) as { length?: number };
  return (origin === 'string' || origin === 'array') && length !== undefined ? `, got ${length}` : '';
}
