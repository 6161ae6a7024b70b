import { isMeantBound, type OptionSchema } from '#contracts';

/** How an option is entered: chosen from a list, a number, or a value in YAML where neither fits. */
export type OptionKind =
  | { kind: 'choice'; values: readonly (string | number | boolean)[] }
  | { kind: 'number'; isWhole: boolean; min?: number; max?: number }
  | { kind: 'text' }
  | { kind: 'yaml' };

export function kindOf(schema: OptionSchema): OptionKind {
  const values = valuesOf(schema);
  if (values) return { kind: 'choice', values };
  if (schema.type === 'number' || schema.type === 'integer') return numberOf(schema);
  return schema.type === 'string' ? { kind: 'text' } : { kind: 'yaml' };
}

/** Every value that the option may have; none where they cannot be listed. */
function valuesOf({ type, enum: values, const: only, anyOf }: OptionSchema): (string | number | boolean)[] | undefined {
  if (type === 'boolean') return [true, false];
  if (only !== undefined) return isPlain(only) ? [only] : undefined;
  if (values) return values.every(isPlain) ? [...values] : undefined;
  const branches = anyOf?.map(valuesOf);
  return branches?.every((branch) => branch !== undefined) ? branches.flat() : undefined;
}

function numberOf({ type, minimum, maximum }: OptionSchema): OptionKind {
  const min = isMeantBound(minimum) ? { min: minimum } : {};
  const max = isMeantBound(maximum) ? { max: maximum } : {};
  return { kind: 'number', isWhole: type === 'integer', ...min, ...max };
}

const isPlain = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

/** Options that most recipes set; of a pass that is not listed the first of its schema. */
const COMMON: Readonly<Record<string, readonly string[]>> = {
  quantize: ['scheme', 'weightBits', 'activationBits', 'calibration', 'samples', 'rounding'],
  prune: ['granularity', 'ratio', 'importance', 'budget', 'schedule', 'recover'],
  distill: ['epochs', 'batchSize', 'learningRate', 'method', 'student', 'temperature'],
  train: ['epochs', 'batchSize', 'learningRate', 'optimizer', 'loss', 'schedule'],
  analyze: ['widths', 'samples', 'split'],
  evaluate: ['split', 'samples', 'latencyRuns', 'threads', 'devices', 'task'],
};
const MOST_COMMON = 6;

/** The options of a pass in two groups: those that are shown, and those that are folded away. */
export function groupsOf(pass: string, schema: OptionSchema): { common: Option[]; more: Option[] } {
  const options = Object.entries(schema.properties ?? {}).map(([name, each]) => ({ name, schema: each }));
  const isThere = (name: string) => options.some((option) => option.name === name);
  const named = (COMMON[pass] ?? []).filter(isThere);
  const shown = named.length > 0 ? named : options.slice(0, MOST_COMMON).map(({ name }) => name);
  const common = shown.flatMap((name) => options.filter((option) => option.name === name));
  const more = options.filter(({ name }) => !shown.includes(name));
  return { common, more };
}

export interface Option {
  name: string;
  schema: OptionSchema;
}
