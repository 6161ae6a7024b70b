import { canonicalJson } from './canonical-json.js';

describe('canonical JSON', () => {
  it('is the same for objects that differ in the order of their keys alone, at any depth', () => {
    const one = { b: [{ y: 1, x: null }], a: { d: 'text', c: true } };
    const other = { a: { c: true, d: 'text' }, b: [{ x: null, y: 1 }] };
    expect(canonicalJson(one)).toBe(canonicalJson(other));
    expect(JSON.parse(canonicalJson(one))).toEqual(one);
  });

  it('keeps the order of a list', () => {
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  });

  it('takes a field that is undefined as one that is not there, and an entry that is as null', () => {
    expect(canonicalJson({ a: 1, b: undefined })).toBe(canonicalJson({ a: 1 }));
    expect(canonicalJson([undefined, 1])).toBe('[null,1]');
  });

  it('is refused for a number that JSON cannot hold, which would otherwise become null', () => {
    for (const value of [NaN, Infinity]) expect(() => canonicalJson({ a: [value] })).toThrow('has no JSON form');
  });

  it('escapes names and texts as JSON does', () => {
    expect(canonicalJson({ 'a"b': 'c\n' })).toBe('{"a\\"b":"c\\n"}');
  });
});
