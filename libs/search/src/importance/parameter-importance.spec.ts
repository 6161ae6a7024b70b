import { seededRandom } from '#numbers';
import { Space } from '../space/space.js';
import { parameterImportance } from './parameter-importance.js';

const space = new Space([
  { kind: 'choice', name: 'bits', values: [2, 4, 8], ordered: true },
  { kind: 'real', name: 'ratio', min: 0, max: 1 },
  { kind: 'real', name: 'idle', min: 0, max: 1 },
]);

describe('parameterImportance', () => {
  it('tells what decides from what does not, as shares of one', () => {
    const random = seededRandom(2);
    const trials = Array.from({ length: 1500 }, () => space.random(random)).map((assignment) => ({
      assignment,
      score: 3 * Number(assignment['ratio']) + 0.1 / Number(assignment['bits']),
    }));
    const { ratio = 0, bits = 0, idle = 0 } = parameterImportance(space, trials);
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio + bits + idle).toBeCloseTo(1, 10);
    expect(idle).toBeLessThan(0.15);
  });

  it('is zero of nothing', () => {
    expect(parameterImportance(space, [])).toEqual({ bits: 0, ratio: 0, idle: 0 });
  });
});
