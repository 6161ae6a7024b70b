import { seededRandom } from '#numbers';
import { SpaceError } from '../errors.js';
import { fromUnit, toUnit, type Parameter } from './parameter.js';
import { assignmentKey, Space } from './space.js';

const bits: Parameter = { kind: 'choice', name: 'bits', values: [8, 4, 2], ordered: true };
const ratio: Parameter = { kind: 'real', name: 'ratio', min: 0, max: 0.9, step: 0.3 };
const rate: Parameter = { kind: 'real', name: 'rate', min: 1e-4, max: 1e-1, log: true };
const epochs: Parameter = {
  kind: 'choice',
  name: 'epochs',
  values: [1, 2],
  when: [{ parameter: 'distill', in: [true] }],
};
const distill: Parameter = { kind: 'choice', name: 'distill', values: [false, true] };

describe('Space', () => {
  it('lists every assignment once, without parameters whose condition does not hold', () => {
    const all = [...new Space([bits, distill, epochs]).all()];
    expect(all).toHaveLength(9);
    expect(new Set(all.map(assignmentKey)).size).toBe(9);
    expect(all[0]).toEqual({ bits: 8, distill: false });
  });

  it('has a parameter only where all of its conditions hold', () => {
    const both = [
      { parameter: 'bits', in: [4] },
      { parameter: 'distill', in: [true] },
    ];
    const all = [...new Space([bits, distill, { ...epochs, when: both }]).all()];
    expect(all.filter((assignment) => 'epochs' in assignment)).toEqual([
      { bits: 4, distill: true, epochs: 1 },
      { bits: 4, distill: true, epochs: 2 },
    ]);
  });

  it('counts steps in decimals', () => {
    expect([...new Space([ratio]).all()].map((assignment) => assignment['ratio'])).toEqual([0, 0.3, 0.6, 0.9]);
  });

  it.each([bits, ratio, rate])('comes back from the unit interval to the same value: $name', (parameter) => {
    const random = seededRandom(3);
    for (let i = 0; i < 50; i++) {
      const value = fromUnit(parameter, random());
      const again = fromUnit(parameter, toUnit(parameter, value));
      if (typeof value === 'number' && parameter === rate) expect(again).toBeCloseTo(value, 10);
      else expect(again).toBe(value);
    }
  });

  it.each<[string, Parameter[]]>([
    ['two parameters have this name', [bits, bits]],
    ['the list of values is empty', [{ kind: 'choice', name: 'a', values: [] }]],
    ['a value stands twice', [{ kind: 'choice', name: 'a', values: [1, 1] }]],
    ['does not stand before it', [epochs, distill]],
    ['give two numbers, the smaller one first', [{ kind: 'real', name: 'a', min: 2, max: 1 }]],
    ['give two numbers, the smaller one first', [{ kind: 'real', name: 'a', min: 0, max: NaN }]],
    ['give one above 0', [{ kind: 'real', name: 'a', min: 0, max: 1, step: 0 }]],
    ['exclude each other', [{ kind: 'real', name: 'a', min: 1, max: 2, step: 1, log: true }]],
    ['begins above 0', [{ kind: 'real', name: 'a', min: 0, max: 1, log: true }]],
  ])('refuses what cannot be searched: %s', (message, parameters) => {
    expect(() => new Space(parameters)).toThrow(SpaceError);
    expect(() => new Space(parameters)).toThrow(message);
  });

  it('has no grid of a continuous parameter', () => {
    expect(() => [...new Space([rate]).all()]).toThrow('a grid needs a step');
  });
});
