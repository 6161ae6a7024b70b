import { isMeantBound, PASSES, type OptionSchema, type PassDescriptor, type PassName } from '#contracts';
import { z } from 'zod';

/** An option of a pass as the command line shows it. */
export interface PassOption {
  /** Its path in a recipe: `weightBits`, `mixed.averageBits`. */
  key: string;
  schema: OptionSchema;
}

/** The descriptor of a pass, whatever its options. */
export const passOf = (name: PassName): PassDescriptor => PASSES[name];

/** The JSON Schema of what a recipe may say of a pass. */
export function schemaOf(name: PassName): Record<string, unknown> {
  return z.toJSONSchema(passOf(name).options, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
}

/** The options of a pass, in the order of its schema. */
export function passOptions(name: PassName): PassOption[] {
  return entriesOf((schemaOf(name) as OptionSchema).properties ?? {});
}

/** The fields of an option that is an object of known fields. */
export function fieldsOf({ key, schema }: PassOption): PassOption[] {
  const forms = [schema, ...(schema.anyOf ?? [])];
  const objects = forms.flatMap(({ properties }) => (properties ? [properties] : []));
  return objects.flatMap(entriesOf).map((field) => ({ ...field, key: `${key}.${field.key}` }));
}

/** What an option may be, in a few words: `8, 4, 3 or 2`, `number from 0 to 1`. */
export function valuesOf(schema: OptionSchema): string {
  if (schema.enum) return listed(schema.enum.map(String));
  if (schema.const !== undefined) return String(schema.const);
  if (schema.anyOf) return listed([...new Set(schema.anyOf.map(valuesOf))]);
  switch (schema.type) {
    case 'number':
    case 'integer':
      return `${schema.type === 'integer' ? 'whole number' : 'number'}${rangeOf(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return schema.items ? `list of ${valuesOf(schema.items)}` : 'list';
    case 'object':
      if (schema.properties) return `{ ${Object.keys(schema.properties).join(', ')} }`;
      const { additionalProperties: values } = schema;
      return `map of ${typeof values === 'object' ? valuesOf(values) : 'values'}`;
    default:
      return 'text';
  }
}

/** A default as a recipe would write it. */
export function defaultOf({ default: value }: OptionSchema): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function entriesOf(properties: Readonly<Record<string, OptionSchema>>): PassOption[] {
  return Object.entries(properties).map(([key, schema]) => ({ key, schema }));
}

function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: OptionSchema): string {
  const above = exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`;
  const below = exclusiveMaximum === undefined ? '' : ` below ${exclusiveMaximum}`;
  const low = isMeantBound(minimum) ? ` from ${minimum}` : above;
  const high = isMeantBound(maximum) ? ` to ${maximum}` : below;
  return low + high;
}

function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
}
