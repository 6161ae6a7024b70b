import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { parseFields } from '../problems/issues.js';

/**
 * Parses a parameter, query or body by the schema that its decorator names. Throws ApiError `invalid_request` naming
 * each field.
 */
@Injectable()
export class SchemaPipe implements PipeTransform {
  transform(value: unknown, { schema }: ArgumentMetadata): unknown {
    // Every schema of ours is Zod's, whatever the decorator's type allows.
    return schema === undefined ? value : parseFields(schema as unknown as z.ZodType, value);
  }
}
