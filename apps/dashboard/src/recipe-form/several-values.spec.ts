import { kindOf } from './option-kind.js';
import { listedValues, listText, plainText, valueRangeOf, readList, readValue } from './several-values.js';

describe('several values of an option', () => {
  it('are read as they are typed, and written back the same', () => {
    for (const text of ['8, 4, 2', 'true, false', 'l1, fisher', '{ width: 0.5 }, 3'])
      expect(listText(readList(text))).toBe(text);
    expect(readList('8,4,')).toEqual([8, 4]);
    expect(() => readList('8, [')).toThrow();
  });

  it('have an order where all are numbers, and none otherwise', () => {
    expect(valueRangeOf([8, 4])).toEqual({ grid: [8, 4] });
    expect(valueRangeOf(['l1', 2])).toEqual({ choice: ['l1', 2] });
    expect(listedValues({ grid: [8, 4] })).toEqual([8, 4]);
    expect([listedValues(8), listedValues({ min: 0, max: 1 }), listedValues({ width: 1 })]).toEqual([null, null, null]);
  });

  it('are each what YAML makes of them, and nothing is the default', () => {
    const [number, text, yaml] = [{ type: 'number' }, { type: 'string' }, { type: 'object' }].map(kindOf);
    expect(readValue('0.5', number!)).toBe(0.5);
    expect(readValue('12', text!)).toBe('12');
    expect(readValue('{ averageBits: 4 }', yaml!)).toEqual({ averageBits: 4 });
    expect(readValue(' ', yaml!)).toBeUndefined();
    expect(() => readValue('{ a', yaml!)).toThrow();
    expect(plainText({ averageBits: 4 })).toBe('{ averageBits: 4 }');
  });
});

describe('how an option is entered', () => {
  it('follows from its schema', () => {
    expect(kindOf({ type: 'boolean' })).toEqual({ kind: 'choice', values: [true, false] });
    expect(kindOf({ enum: ['a', 'b'] })).toEqual({ kind: 'choice', values: ['a', 'b'] });
    expect(kindOf({ anyOf: [{ const: 8 }, { const: 4 }] })).toEqual({ kind: 'choice', values: [8, 4] });
    expect(kindOf({ anyOf: [{ const: 8 }, { type: 'number' }] })).toEqual({ kind: 'yaml' });
    expect(kindOf({ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER })).toEqual({
      kind: 'number',
      isWhole: true,
      min: 1,
    });
  });
});
