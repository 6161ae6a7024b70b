import { ApiExtension } from '@nestjs/swagger';
import { z } from 'zod';

/** What `document.ts` makes the request body of a route whose body no pipe parses. */
export const RAW_BODY = 'x-coldpress-body';

/** Documents a body by content type: bytes, or a schema. */
export function ApiRawBody(content: Record<string, 'binary' | z.ZodType>): MethodDecorator {
  const binary = { type: 'string', format: 'binary' };
  const schemas = Object.entries(content).map(([type, schema]) => [
    type,
    { schema: schema === 'binary' ? binary : jsonSchema(schema) },
  ]);
  return ApiExtension(RAW_BODY, Object.fromEntries(schemas)) as MethodDecorator;
}

/** Inline, with what the fields' descriptions and formats say. */
function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    reused: 'inline',
    unrepresentable: 'any',
    metadata: z.registry(),
    override: ({ zodSchema, jsonSchema: made }) => {
      const { description, format } = (z.globalRegistry.get(zodSchema) ?? {}) as {
        description?: string;
        format?: string;
      };
      Object.assign(made, description === undefined ? {} : { description }, format === undefined ? {} : { format });
    },
  });
  return rest;
}
