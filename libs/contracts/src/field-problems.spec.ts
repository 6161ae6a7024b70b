import { z } from 'zod';
import { DatasetManifest } from './dataset.js';
import { fieldProblems, sentenceOf } from './field-problems.js';
import { JobSubmission, PageQuery } from './rest.js';
import { schemaKeys } from './schema-keys.js';

function problems(schema: z.ZodType, value: unknown) {
  const result = schema.safeParse(value);
  return result.success ? [] : fieldProblems(result.error.issues, { validKeys: (path) => schemaKeys(schema, path) });
}

const said = (schema: z.ZodType, value: unknown): string => sentenceOf(problems(schema, value));

/** Words of the schema library that no person should have to read. */
const RAW =
  /Invalid input|Invalid option|expected string|received|Too (small|big)|>=|<=|undefined|\[object|Unrecognized key|pattern/;

describe('fieldProblems', () => {
  it.each<[string, z.ZodType, unknown, string]>([
    ['a missing field', z.object({ a: z.string() }), {}, 'a: is missing: give a text'],
    ['nothing at all', z.object({ a: z.string() }), null, 'expected an object with named fields, got null'],
    ['another kind', z.object({ a: z.array(z.int()) }), { a: { b: 1 } }, 'a: expected a list, got an object'],
    ['a number out of range', PageQuery, { limit: 201 }, 'limit: at most 200, got 201'],
    ['a fraction', z.object({ a: z.int() }), { a: 1.5 }, 'a: expected a whole number, got 1.5'],
    ['a number that is none', z.object({ a: z.number() }), { a: Number.NaN }, 'a: must be a number'],
    ['an empty text', z.object({ a: z.string().min(1) }), { a: '' }, 'a: must not be empty'],
    ['a long text', z.object({ a: z.string().max(3) }), { a: 'abcd' }, 'a: at most 3 characters, got 4'],
    [
      'a word that is nearly right',
      z.object({ a: z.enum(['queued', 'failed']) }),
      { a: 'quued' },
      'a: "quued" is not allowed here: did you mean "queued"?',
    ],
    [
      'a number in quotes',
      z.object({ a: z.literal([8, 4]) }),
      { a: '8' },
      'a: "8" is not allowed here: give 8 without quotes',
    ],
    [
      'a kind that is nearly right',
      DatasetManifest.shape.inputs,
      { x: { array: 'x', preprocess: [{ op: 'scael' }] } },
      'x.preprocess[0].op: "scael" is not allowed here: did you mean "scale"?',
    ],
    [
      'an unknown key in a record',
      DatasetManifest.shape.inputs,
      { x: { array: 'x', preproces: [] } },
      'x.preproces: there is no "preproces" here: did you mean "preprocess"?',
    ],
    [
      'an id',
      z.object({ id: z.uuid() }),
      { id: 'x' },
      'id: expected an id as 123e4567-e89b-12d3-a456-426614174000, got "x"',
    ],
  ])('says what is wrong with %s', (_what, schema, value, sentence) => {
    expect(said(schema, value)).toBe(sentence);
  });

  it('tells of a union how long a list may be', () => {
    const forms = z.union([z.object({ a: z.int() }), z.array(z.int()).min(1).max(2)]);
    expect(said(forms, [1, 2, 3])).toBe('at most 2 entries, got 3');
    expect(said(forms, [])).toBe('at least 1 entry, got 0');
  });

  it('tells of a union the branch that came nearest', () => {
    expect(said(z.union([z.object({ a: z.int() }), z.array(z.int())]), { a: 'x' })).toBe(
      'a: expected a number, got "x"',
    );
  });

  it('cuts long lists and long words, and says so', () => {
    const schema = z.strictObject({ a: z.string() });
    const wrong = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]));
    expect(problems(schema, { a: 'x', ...wrong })).toHaveLength(21);
    expect(said(schema, { a: 'x', ...wrong })).toContain('480 more problems');
    expect(said(schema, { a: 'x', ['y'.repeat(10_000)]: 1 }).length).toBeLessThan(400);
  });

  it('never uses the words of the schema library', () => {
    for (const value of [
      undefined,
      null,
      1,
      'x',
      [],
      {},
      { model: 1, recipe: 2, nmae: 3 },
      { model: 'x', dataset: 'y', name: 'z'.repeat(201), recipe: { passes: [] } },
    ]) {
      expect(said(JobSubmission, value)).not.toMatch(RAW);
      expect(said(DatasetManifest, value)).not.toMatch(RAW);
    }
  });
});
