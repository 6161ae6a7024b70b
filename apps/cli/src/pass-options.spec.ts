import type { OptionSchema } from '#contracts';
import { defaultOf, fieldsOf, passOptions, valuesOf } from './pass-options.js';

describe('what an option may be', () => {
  it.each<[string, OptionSchema]>([
    ['8, 4, 3 or 2', { enum: [8, 4, 3, 2] }],
    ['same', { const: 'same' }],
    ['auto or number', { anyOf: [{ const: 'auto' }, { type: 'number' }] }],
    ['number', { anyOf: [{ type: 'number' }, { type: 'number' }] }],
    ['number from 0 to 1', { type: 'number', minimum: 0, maximum: 1 }],
    ['number above 0 below 1', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }],
    ['whole number', { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }],
    ['whole number from 1', { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }],
    ['true or false', { type: 'boolean' }],
    ['list of whole number', { type: 'array', items: { type: 'integer' } }],
    ['list', { type: 'array', items: false }],
    ['{ layers, ratio }', { type: 'object', properties: { layers: {}, ratio: {} } }],
    ['map of number', { type: 'object', additionalProperties: { type: 'number' } }],
    ['map of values', { type: 'object', additionalProperties: true }],
    ['text', { type: 'string' }],
  ])('is told in a few words: %s', (words, schema) => {
    expect(valuesOf(schema)).toBe(words);
  });
});

describe('the default of an option', () => {
  it.each<[unknown, string | undefined]>([
    [undefined, undefined],
    ['minmax', 'minmax'],
    [false, 'false'],
    [0, '0'],
    [null, 'null'],
    [[1, 2], '[1,2]'],
  ])('%j is written as a recipe has it', (value, text) => {
    expect(defaultOf({ default: value })).toBe(text);
  });
});

describe('the options of a pass', () => {
  it('name the fields of those that are objects, also where something else may stand in their place', () => {
    const key = 'mixed';
    const schema = { anyOf: [{ type: 'object', properties: { bytes: { type: 'number' } } }, { const: 'off' }] };
    expect(fieldsOf({ key, schema })).toEqual([{ key: 'mixed.bytes', schema: { type: 'number' } }]);
    expect(fieldsOf({ key, schema: { type: 'number' } })).toEqual([]);
  });

  it('are those of its schema, each with words about it', () => {
    const options = passOptions('quantize');
    expect(options.map(({ key }) => key)).toContain('weightBits');
    expect(options.filter(({ schema }) => !schema.description)).toEqual([]);
  });
});
