import { undocumented, type ApiDocument } from './documented.js';
import { schemaErrors, type Schema } from './schema-errors.js';

const SCHEMAS = { Id: { type: 'string', pattern: '^[0-9]+$' } } as const;

it.each<[unknown, Schema, RegExp]>([
  ['x', { type: 'number' }, /expected number/],
  [null, { type: 'string' }, /expected string/],
  ['x', { $ref: '#/components/schemas/Id' }, /not as the schema has it/],
  [{ a: 1 }, { type: 'object', required: ['b'] }, /\$\.b: is missing/],
  [{ a: 1 }, { type: 'object', properties: {}, additionalProperties: false }, /no such property/],
  [
    { a: ['x'] },
    { type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } } },
    /\$\.a\[0\]: expected integer/,
  ],
  ['c', { enum: ['a', 'b'] }, /none of a, b/],
  [1, { anyOf: [{ type: 'string' }, { type: 'boolean' }] }, /fits no branch/],
  [0, { type: 'number', minimum: 0, exclusiveMinimum: true }, /out of range/],
])('%j is not %j', (value, schema, error) => {
  expect(schemaErrors(value, schema, SCHEMAS).join()).toMatch(error);
});

it('null is what may be null, and what fits, fits', () => {
  expect(schemaErrors(null, { nullable: true, allOf: [{ $ref: '#/components/schemas/Id' }] }, SCHEMAS)).toEqual([]);
  expect(
    schemaErrors(
      { id: '12', more: [1] },
      { type: 'object', properties: { id: { $ref: '#/components/schemas/Id' } }, required: ['id'] },
      SCHEMAS,
    ),
  ).toEqual([]);
});

describe('an answer that the document does not describe', () => {
  const document: ApiDocument = {
    paths: {
      '/things/{id}': {
        get: {
          operationId: 'thing',
          responses: {
            200: { content: { 'application/json': { schema: { type: 'object', required: ['id'] } } } },
            204: {},
          },
        },
      },
    },
    components: { schemas: {}, securitySchemes: {} },
  };
  const given = {
    method: 'GET',
    path: '/things/1?x=2',
    status: 200,
    contentType: 'application/json; charset=utf-8',
    text: '{"id":1}',
  };

  it.each([
    ['another status', { status: 404 }, /no such status/],
    ['another type', { contentType: 'text/html' }, /text\/html where the document has application\/json/],
    ['another body', { text: '{}' }, /\$\.id: is missing/],
    ['a body where there is none', { status: 204, text: 'x' }, /no content/],
  ])('%s', (_what, change, error) => {
    expect(undocumented(document, given)).toEqual([]);
    expect(undocumented(document, { ...given, ...change }).join()).toMatch(error);
  });
});
