import { DocumentError } from './errors.js';
import { LIMITS } from './limits.js';
import { readDocument } from './read-document.js';
import { readJson } from './read-json.js';

const refusal = (text: string, read: (text: string) => unknown = readDocument): string => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof DocumentError) return error.message;
    throw error;
  }
  return '';
};

const many = (count: number, item: (i: number) => string) => Array.from({ length: count }, (_, i) => item(i)).join(',');

describe('readDocument', () => {
  it('reads YAML and JSON alike, with or without a byte order mark', () => {
    const value = { name: 'a', list: [1, 2.5, true, null], none: null };
    expect(readDocument(JSON.stringify(value))).toEqual(value);
    expect(readDocument(`\ufeff${JSON.stringify(value)}`)).toEqual(value);
    expect(readDocument('name: a\nlist: [1, 2.5, true, ~]\nnone:\n')).toEqual(value);
    expect(readDocument('')).toBeNull();
  });

  it('repeats an anchor as often as it is named, the last of its name each time', () => {
    expect(readDocument(`a: &s {k: 1}\nb: [${many(500, () => '*s')}]`)).toEqual({
      a: { k: 1 },
      b: Array(500).fill({ k: 1 }),
    });
    expect(readDocument('a: &s 1\nb: *s\nc: &s 2\nd: *s')).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  });

  it('merges mappings with <<, own keys first', () => {
    expect(readDocument('a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: *a, x: 0}\nd: {<<: [*a, *b]}')).toMatchObject({
      c: { x: 0, y: 2 },
      d: { x: 1, y: 2, z: 4 },
    });
    expect(refusal('c: {<<: 3}')).toContain('"<<" merges mappings');
  });

  it.each([
    ['a key written twice', 'a: 1\nb: 2\na: 3', /line 3: the key "a" is written twice/],
    ['a number and a text that are one key', '1: a\n"1": b', /the key "1" is written twice/],
    ['a key written twice in JSON', '{"a": {"b": 1, "\\u0062": 2}}', /the key "b" is written twice/],
    ['a reserved key', '{"__proto__": 1}', /"__proto__" is not allowed/],
    ['a reserved key of YAML', '__proto__: 1', /"__proto__" is not allowed/],
    ['a key that is no text', '? [a]\n: 1', /keys are texts/],
    ['a tag without a meaning', 'a: !!python/object x', /line 1: a tag/],
    ['a second document', 'a: 1\n---\nb: 2', /line 2: a second document/],
    ['an alias without an anchor', 'a: *b', /there is no anchor &b/],
    ['an alias within what it repeats', 'a: &a [*a]', /stands inside of what it repeats/],
    ['a bracket that is not closed', 'a: [', /bracket/],
    ['a tab', 'a:\n\tb: 1', /line 2: a tab is used for indentation/],
    ['bytes that are no text', 'PK\u0003\u0004\u0000', /no text/],
    ['NUL in JSON', '{"a": ["x\\u0000"]}', /NUL/],
    ['bytes that are no UTF-8', Buffer.from('a: caf\u00e9', 'latin1').toString('utf8'), /UTF-8/],
    ['half of a character in YAML', 'a: "\\ud800"', /lone surrogate/],
    ['NUL in a key', '"\\0": 1', /NUL/],
    ['too many bytes', `a: ${'x'.repeat(300_000)}`, /300003 bytes, 262144 are allowed/],
    ['too many values', `{${many(40_000, (i) => `${i}`)}}`, /more than 20000 values/],
    ['too many values of JSON', `[${many(40_000, (i) => `${i}`)}]`, /more than 20000 values/],
    [
      'aliases that grow into too many',
      [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefghi'.split('').map((name, i) => `${name}: &${name} [${many(9, () => `*${'abcdefghi'[i]}`)}]`),
      ].join('\n'),
      /those that aliases repeat included/,
    ],
    ['too deep JSON', `${'['.repeat(65)}${']'.repeat(65)}`, /64 deep/],
    ['too deep YAML', Array.from({ length: 70 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /64 deep/],
    ['lists in a line', '- '.repeat(50_000), /./],
    ['brackets without an end', '['.repeat(100_000), /too deep/],
  ])('refuses %s', (_what, text, message) => {
    expect(refusal(text)).toMatch(message);
  });

  it('takes time in proportion to the text: keys are not compared each with each', () => {
    const read = (count: number) => {
      const text = `{${many(count, (i) => `k${i}`)}}`;
      // Time of the processor, in ms: what others do meanwhile is not in it.
      const before = process.cpuUsage();
      readDocument(text, { ...LIMITS.manifest, values: 1e6 });
      return process.cpuUsage(before).user / 1000;
    };
    const least = (count: number) => Math.min(read(count), read(count), read(count));
    read(1000);
    // Sixteen times the keys: 16 where time is linear, 256 where it is quadratic.
    expect(least(64_000) / Math.max(1, least(4000))).toBeLessThan(100);
  });
});

describe('readJson', () => {
  it('parses what JSON.parse parses', () => {
    const value = { a: ['x"\\', { b: {} }, [], null, -1.5e3], '': { 'k:,{[': 'v:,}]' } };
    expect(readJson(JSON.stringify(value, null, 1))).toEqual(value);
    for (const text of ['1', '"a"', 'null', '[]', '{}']) expect(readJson(text)).toEqual(JSON.parse(text));
  });

  it('says where JSON ends', () => {
    expect(refusal('{"a": 1,\n "b" 2}', readJson)).toMatch(/line 2: it is not JSON/);
    expect(refusal('', readJson)).toContain('not JSON');
  });

  it('refuses keys of other mappings only where they are in one', () => {
    expect(readJson('[{"a": 1}, {"a": {"a": 2}}]')).toEqual([{ a: 1 }, { a: { a: 2 } }]);
    expect(refusal('[{"a": 1, "b": {"a": 1}, "a": 2}]', readJson)).toContain('"a" is written twice');
  });
});
