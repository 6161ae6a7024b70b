import { seededRandom } from '#numbers';
import { dominates, dominatesConstrained, nonDominatedRanks } from './dominance.js';
import { paretoFront } from './front.js';
import { contributions, greedySubset, hypervolume } from './hypervolume.js';

/** Points on a coarse grid, so that ties and equal points occur. */
function points(count: number, objectives: number, seed: number): number[][] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Array.from({ length: objectives }, () => Math.floor(random() * 12)));
}

/** The volume by counting unit cells of the grid. */
function counted(set: readonly number[][], size: number, objectives: number): number {
  let cells = 0;
  for (let cell = 0; cell < size ** objectives; cell++) {
    const corner = Array.from({ length: objectives }, (_, i) => Math.floor(cell / size ** i) % size);
    if (set.some((point) => point.every((value, i) => value <= corner[i]!))) cells += 1;
  }
  return cells;
}

describe('paretoFront', () => {
  it.each([1, 2, 3, 4].flatMap((objectives) => [1, 2, 3].map((seed) => [objectives, seed] as const)))(
    'holds exactly what nothing dominates, equal points included (%i objectives, seed %i)',
    (objectives, seed) => {
      const set = points(80, objectives, seed);
      const expected = set.flatMap((point, i) => (set.some((other) => dominates(other, point)) ? [] : [i]));
      expect(paretoFront(set)).toEqual(expected);
    },
  );

  it('leaves out points that are not numbers', () => {
    expect(
      paretoFront([
        [NaN, 0],
        [1, 1],
      ]),
    ).toEqual([1]);
    expect(paretoFront([])).toEqual([]);
  });
});

describe('hypervolume', () => {
  it.each([
    [2, 1],
    [2, 2],
    [3, 1],
    [3, 2],
    [4, 1],
  ])('equals the cells that are dominated (%i objectives, seed %i)', (objectives, seed) => {
    const set = points(15, objectives, seed);
    expect(hypervolume(set, Array(objectives).fill(10))).toBe(counted(set, 10, objectives));
  });

  it('is what the contribution of a point and the others make up', () => {
    const set = [
      [1, 5],
      [2, 3],
      [4, 1],
    ];
    const [, second] = contributions(set, [6, 6]);
    expect(second).toBe(hypervolume(set, [6, 6]) - hypervolume([set[0]!, set[2]!], [6, 6]));
  });

  it('chooses a greedy subset as adding the best point again and again would', () => {
    const set = points(30, 3, 5);
    const slow: number[] = [];
    while (slow.length < 6) {
      const volumes = set.map((_, i) =>
        slow.includes(i)
          ? -1
          : hypervolume(
              [...slow, i].map((at) => set[at]!),
              [12, 12, 12],
            ),
      );
      slow.push(volumes.indexOf(Math.max(...volumes)));
    }
    const volume = (chosen: readonly number[]) =>
      hypervolume(
        chosen.map((i) => set[i]!),
        [12, 12, 12],
      );
    expect(volume(greedySubset(set, [12, 12, 12], 6))).toBe(volume(slow));
  });
});

describe('domination under constraints', () => {
  it('puts what holds them before what does not, and the lesser violation first', () => {
    const good = { values: [9, 9], constraints: [-1] };
    const near = { values: [0, 0], constraints: [0.5] };
    const far = { values: [0, 0], constraints: [0.5, 0.2] };
    const unknown = { values: [0, 0], constraints: [NaN] };
    expect(dominatesConstrained(good, near)).toBe(true);
    expect(dominatesConstrained(near, far)).toBe(true);
    expect(nonDominatedRanks([unknown, far, near, good])).toEqual([3, 2, 1, 0]);
  });

  it('ranks outcomes that are not numbers last instead of for ever', () => {
    expect(nonDominatedRanks([{ values: [NaN] }, { values: [1] }])).toHaveLength(2);
  });
});
