/** A schema of OpenAPI 3.0, as far as the document uses it. */
export interface Schema {
  $ref?: string;
  type?: string;
  nullable?: boolean;
  enum?: readonly unknown[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  allOf?: readonly Schema[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  default?: unknown;
  example?: unknown;
}

export type Schemas = Readonly<Record<string, Schema>>;

/** The schema that a reference names. */
export function resolved(schema: Schema, schemas: Schemas): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace('#/components/schemas/', '');
  const target = schemas[name];
  if (!target) throw new ReferenceError(`the document has no schema ${name}`);
  return resolved(target, schemas);
}

/** Where and why a value is not of the schema; empty when it is. */
export function schemaErrors(value: unknown, reference: Schema, schemas: Schemas, path = '$'): string[] {
  const schema = resolved(reference, schemas);
  if (value === null && (schema.nullable ?? false)) return [];
  const inner = (part: Schema) => schemaErrors(value, part, schemas, path);
  const branches = schema.anyOf ?? schema.oneOf;
  return [
    ...(schema.allOf ?? []).flatMap(inner),
    ...(branches && !branches.some((branch) => inner(branch).length === 0)
      ? [`${path}: fits no branch: ${branches.map((branch) => inner(branch)[0]).join(' | ')}`]
      : []),
    ...typeErrors(value, schema, path),
    ...(schema.enum && !schema.enum.includes(value)
      ? [`${path}: ${JSON.stringify(value)} is none of ${schema.enum.join(', ')}`]
      : []),
    ...(typeof value === 'string' ? textErrors(value, schema, path) : []),
    ...(typeof value === 'number' ? numberErrors(value, schema, path) : []),
    ...(Array.isArray(value)
      ? value.flatMap((item, i) => (schema.items ? schemaErrors(item, schema.items, schemas, `${path}[${i}]`) : []))
      : []),
    ...(isObject(value) ? objectErrors(value, schema, schemas, path) : []),
  ];
}

function typeErrors(value: unknown, { type }: Schema, path: string): string[] {
  const is: Record<string, boolean> = {
    string: typeof value === 'string',
    number: typeof value === 'number',
    integer: Number.isInteger(value),
    boolean: typeof value === 'boolean',
    array: Array.isArray(value),
    object: isObject(value),
  };
  return type === undefined || is[type]
    ? []
    : [`${path}: expected ${type}, got ${JSON.stringify(value)?.slice(0, 100)}`];
}

function textErrors(value: string, { pattern, minLength = 0, maxLength = Infinity }: Schema, path: string): string[] {
  const fits =
    value.length >= minLength &&
    value.length <= maxLength &&
    (pattern === undefined || new RegExp(pattern, 'u').test(value));
  return fits ? [] : [`${path}: ${JSON.stringify(value).slice(0, 100)} is not as the schema has it`];
}

function numberErrors(
  value: number,
  { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = false }: Schema,
  path: string,
): string[] {
  return value < minimum || value > maximum || (exclusiveMinimum && value === minimum)
    ? [`${path}: ${value} is out of range`]
    : [];
}

function objectErrors(value: Record<string, unknown>, schema: Schema, schemas: Schemas, path: string): string[] {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  const missing = required.filter((name) => value[name] === undefined).map((name) => `${path}.${name}: is missing`);
  const inside = Object.entries(value).flatMap(([name, item]) => {
    const own = properties[name];
    if (own) return schemaErrors(item, own, schemas, `${path}.${name}`);
    if (additionalProperties === false) return [`${path}.${name}: the schema has no such property`];
    return additionalProperties === true ? [] : schemaErrors(item, additionalProperties, schemas, `${path}.${name}`);
  });
  return [...missing, ...inside];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
