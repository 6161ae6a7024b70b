import type { Random } from '#numbers';
import { resolved, type Schema, type Schemas } from './schema-errors.js';

/** Text that has broken something somewhere. */
const ODD_TEXTS = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u65e5\u672c',
  '\u{1f600}',
  "'; drop table jobs; --",
  '../../etc/passwd',
  '%00',
  '%ff',
  '100%',
  'null',
  'NaN',
  '1e999',
  '-1',
  '0x10',
  '9223372036854775808',
  '__proto__',
  'constructor',
  '{}',
  '[',
  'a: &a [*a]',
  'x'.repeat(3000),
];
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  -(2 ** 31) - 1,
  [],
  {},
  [[]],
  { __proto__x: 1 },
  ...ODD_TEXTS,
];

export const pickOne = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const chance = (random: Random, share: number): boolean => random() < share;

/** A value of the schema, as far as the schema says. */
export function valueOf(reference: Schema, schemas: Schemas, random: Random, depth = 0): unknown {
  const schema = resolved(reference, schemas);
  if (schema.nullable && chance(random, 0.2)) return null;
  if (schema.enum) return pickOne(random, schema.enum);
  const branches = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (branches) return valueOf(pickOne(random, branches), schemas, random, depth + 1);
  switch (schema.type) {
    case 'string':
      return textOf(schema, random);
    case 'integer':
    case 'number':
      return numberOf(schema, random);
    case 'boolean':
      return chance(random, 0.5);
    case 'array':
      return Array.from({ length: Math.max(schema.minItems ?? 0, Math.floor(random() * 3)) }, () =>
        valueOf(schema.items ?? {}, schemas, random, depth + 1),
      );
    case 'object':
      return objectOf(schema, schemas, random, depth);
    default:
      return depth > 4 ? 1 : pickOne(random, ODD_VALUES);
  }
}

/** The same value with one thing about it changed, somewhere within. */
export function spoiled(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && chance(random, 0.8)) {
    const at = Math.floor(random() * value.length);
    return value.map((item: unknown, i) => (i === at ? spoiled(item, random) : item));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && chance(random, 0.8)) {
    const entries = Object.entries(value);
    const [name, item] = entries.length > 0 ? pickOne(random, entries) : ['x', 1];
    const kind = Math.floor(random() * 3);
    if (kind === 0) return { ...value, [`${name}${pickOne(random, ['x', '\u0000', 'S'])}`]: item };
    if (kind === 1) return Object.fromEntries(entries.filter(([other]) => other !== name));
    return { ...value, [name]: spoiled(item, random) };
  }
  return pickOne(random, ODD_VALUES);
}

export const oddText = (random: Random): string => pickOne(random, ODD_TEXTS);

function textOf({ pattern, format, minLength = 0, maxLength = 40, example }: Schema, random: Random): string {
  if (typeof example === 'string' && chance(random, 0.5)) return example;
  const hex = (length: number) => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
  if (pattern?.includes('{64}')) return hex(64);
  if (format === 'uuid') return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  const text = chance(random, 0.5) ? oddText(random) : hex(Math.floor(random() * 12));
  return text.slice(0, maxLength).padEnd(minLength, 'x');
}

function numberOf({ type, minimum = -1000, maximum = 1000, exclusiveMinimum = false }: Schema, random: Random): number {
  const value = chance(random, 0.3) ? pickOne(random, [minimum, maximum]) : minimum + random() * (maximum - minimum);
  const inside = exclusiveMinimum && value === minimum ? minimum + 1 : value;
  return type === 'integer' ? Math.round(inside) : inside;
}

function objectOf(
  { properties = {}, required = [], additionalProperties }: Schema,
  schemas: Schemas,
  random: Random,
  depth: number,
): Record<string, unknown> {
  const wanted = Object.entries(properties).filter(
    ([name]) => required.includes(name) || chance(random, depth > 4 ? 0.1 : 0.5),
  );
  const own = wanted.map(([name, schema]) => [name, valueOf(schema, schemas, random, depth + 1)] as const);
  const free =
    typeof additionalProperties === 'object' && depth < 5
      ? [
          [
            pickOne(random, ['x', 'passes', 'gates', 'seed']),
            valueOf(additionalProperties, schemas, random, depth + 1),
          ] as const,
        ]
      : [];
  return Object.fromEntries([...own, ...free]);
}

/** Without halves of characters, which no address and no form can hold. */
export const wellFormed = (text: string): string => text.replaceAll(/\p{Surrogate}/gu, '\ufffd');
