import { z } from 'zod';

/**
 * The keys that an object at a path of a schema may have; none where there is no such object, or where every key is
 * allowed.
 */
export function schemaKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const [key, ...rest] = path;
  const here = unwrapped(schema);
  if (here instanceof z.ZodArray) return key === undefined ? [] : schemaKeys(here.element as z.ZodType, rest);
  if (here instanceof z.ZodRecord) return key === undefined ? [] : schemaKeys(here.valueType as z.ZodType, rest);
  // Of the branches of a union one may be an object at that path.
  if (here instanceof z.ZodUnion)
    return [...new Set(here.options.flatMap((branch) => schemaKeys(branch as z.ZodType, path)))];
  if (!(here instanceof z.ZodObject)) return [];
  const shape = here.shape as Record<PropertyKey, z.ZodType>;
  if (key === undefined) return Object.keys(shape);
  return shape[key] ? schemaKeys(shape[key], rest) : [];
}

/** What is inside of defaults and options that may be left out. */
function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
    ? unwrapped(schema.unwrap() as z.ZodType)
    : schema;
}
