import { z } from 'zod';
import type { ApiError } from './api-error.js';
import { parseFields, parseWith } from './issues.js';

const Schema = z.strictObject({ limit: z.int().max(10), name: z.string().default('a') });

function refusalOf(parse: () => unknown): ApiError {
  try {
    parse();
  } catch (error) {
    return error as ApiError;
  }
  throw new Error('it was not refused');
}

describe('a part of a request against its schema', () => {
  it('is what the schema makes of it', () => {
    expect(parseFields(Schema, { limit: 3 })).toEqual({ limit: 3, name: 'a' });
  });

  it('is refused under the code asked for, each field by its name', () => {
    const { code, problems } = refusalOf(() => parseWith(Schema, { limit: 99, name: 1 }, 'dataset_manifest'));
    expect(code).toBe('dataset_manifest');
    expect(problems.map(({ field }) => field)).toEqual(['limit', 'name']);
  });

  it('is told the nearest field for one that is not there', () => {
    expect(refusalOf(() => parseFields(Schema, { limit: 3, nmae: 'b' })).message).toMatch(/nmae.*name/);
  });

  it('says what it is a part of where its fields would not tell', () => {
    const { message } = refusalOf(() => parseWith(z.string(), 3, 'invalid_request', 'the Idempotency-Key'));
    expect(message).toMatch(/^the Idempotency-Key: /);
  });
});
