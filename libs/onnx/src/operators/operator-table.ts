import { AttributeType } from '../proto.js';
import { MICROSOFT_OPERATORS } from './microsoft.js';
import { ML_OPERATORS } from './ml.js';
import { STANDARD_OPERATORS } from './standard.js';

/** How many of something an operator takes: at least, at most. */
export type Arity = readonly [least: number, most: number];

/** What nodes of an operator look like in one version of its domain. */
export interface OperatorForm {
  inputs: Arity;
  outputs: Arity;
  attributes: ReadonlyMap<string, { type: AttributeType; isRequired: boolean }>;
}

/** A form from the version on that introduced it; null from the one on that withdrew the operator. */
type History = readonly (readonly [since: number, form: OperatorForm | null])[];

/**
 * The tables hold one operator a line, `Name | version inputs outputs attribute:type … | version …`: a version is the
 * first of its domain with what follows, `-` withdraws the operator; a number of inputs or outputs is exact, `1~3` a
 * range, `1~` open; an attribute with `!` must be there. A line that is indented goes on with the one before.
 */
const TABLES: Readonly<Record<string, string>> = {
  '': STANDARD_OPERATORS,
  'ai.onnx.ml': ML_OPERATORS,
  'com.microsoft': MICROSOFT_OPERATORS,
};

const TYPES: Readonly<Record<string, AttributeType>> = {
  f: AttributeType.FLOAT,
  i: AttributeType.INT,
  s: AttributeType.STRING,
  t: AttributeType.TENSOR,
  g: AttributeType.GRAPH,
  q: AttributeType.SPARSE_TENSOR,
  y: AttributeType.TYPE_PROTO,
  F: AttributeType.FLOATS,
  I: AttributeType.INTS,
  S: AttributeType.STRINGS,
  T: AttributeType.TENSORS,
  G: AttributeType.GRAPHS,
  Q: AttributeType.SPARSE_TENSORS,
  Y: AttributeType.TYPE_PROTOS,
};

const parsed = new Map<string, ReadonlyMap<string, History>>();

/** Domains of which every operator is in the tables. */
export function isTabled(domain: string): boolean {
  return Object.hasOwn(TABLES, domain);
}

/**
 * The form of an operator in a version of its domain ('' is the standard one); null where that version has no such
 * operator.
 */
export function operatorForm(domain: string, opType: string, version: number): OperatorForm | null {
  const history = tableOf(domain).get(opType) ?? [];
  return history.findLast(([since]) => since <= version)?.[1] ?? null;
}

/**
 * The versions of a domain that have the operator: the first, and the first that no longer has it; null where none is
 * known.
 */
export function operatorVersions(domain: string, opType: string): { first: number; withdrawn: number | null } | null {
  const history = tableOf(domain).get(opType);
  const first = history?.[0]?.[0];
  if (history === undefined || first === undefined) return null;
  const withdrawal = history.find(([, form]) => form === null);
  return { first, withdrawn: withdrawal?.[0] ?? null };
}

function tableOf(domain: string): ReadonlyMap<string, History> {
  const known = parsed.get(domain);
  if (known) return known;
  const text = (TABLES[domain] ?? '').replaceAll('\n  ', ' ');
  const lines = text.split('\n').filter((line) => line !== '');
  const table = new Map(
    lines.map((line): [string, History] => {
      const [name = '', ...versions] = line.split(' | ');
      return [name, versions.map(parseVersion)];
    }),
  );
  parsed.set(domain, table);
  return table;
}

function parseVersion(text: string): History[number] {
  const [since, inputs = '-', outputs = '', ...attributes] = text.split(' ');
  if (inputs === '-') return [Number(since), null];
  const attributesByName = new Map(attributes.map(parseAttribute));
  const form = { inputs: parseArity(inputs), outputs: parseArity(outputs), attributes: attributesByName };
  return [Number(since), form];
}

function parseArity(text: string): Arity {
  const [least, most = least] = text.split('~');
  return [Number(least), most === '' ? Infinity : Number(most)];
}

function parseAttribute(text: string): [string, { type: AttributeType; isRequired: boolean }] {
  const [name = '', type = ''] = text.split(':');
  return [name, { type: TYPES[type.charAt(0)] ?? AttributeType.UNDEFINED, isRequired: type.endsWith('!') }];
}
