import { seededRandom } from '#numbers';
import { hypervolume } from '../fronts/hypervolume.js';
import { Space } from '../space/space.js';
import { Study } from '../study.js';
import { randomSampler } from '../samplers/random-sampler.js';
import { evaluateOptions, type CostModel, type ModelPoint } from './cost-model.js';
import { knapsack } from './knapsack.js';
import { modelFront } from './model-front.js';
import { modelSampler } from './model-sampler.js';

function randomModel(seed: number, coupling: number): CostModel {
  const random = seededRandom(seed);
  const parts = Array.from({ length: 5 }, () =>
    Array.from({ length: 4 }, () => ({ cost: Math.round(random() * 100), loss: random() })),
  );
  const table = Array.from({ length: 16 }, () => coupling * random());
  return {
    parts,
    couplings: [
      { parts: [0, 1], cost: () => 0, loss: ([a = 0, b = 0]) => table[4 * a + b]! },
      { parts: [2, 4], cost: () => 0, loss: ([a = 0, b = 0]) => table[4 * b + a]! },
    ],
  };
}

function everything(model: CostModel): ModelPoint[] {
  return Array.from({ length: 4 ** 5 }, (_, i) =>
    evaluateOptions(
      model,
      [0, 1, 2, 3, 4].map((part) => Math.floor(i / 4 ** part) % 4),
    ),
  );
}

const bestWithin = (points: readonly ModelPoint[], cost: number) =>
  Math.min(...points.filter((point) => point.cost <= cost).map(({ loss }) => loss));

describe('a model of a space', () => {
  it.each([1, 2, 3])('finds for each budget the least loss there is, where losses add up (seed %i)', (seed) => {
    const model = { ...randomModel(seed, 0), couplings: [] };
    const all = everything(model);
    const span = Math.max(...all.map(({ cost }) => cost)) - Math.min(...all.map(({ cost }) => cost));
    for (const options of knapsack(model.parts, 12)) {
      const point = evaluateOptions(model, options);
      // Each part's cost is rounded up to a two-thousandth of the span.
      expect(point.loss).toBeLessThanOrEqual(bestWithin(all, point.cost - (5 * span) / 2000) + 1e-12);
    }
  });

  it.each([1, 2, 3, 4])('foresees nearly all of the best front where layers depend on each other (seed %i)', (seed) => {
    const model = randomModel(seed, 1.5);
    const all = everything(model).map(({ cost, loss }) => [cost, loss]);
    const corner = [0, 1].map((i) => Math.max(...all.map((point) => point[i]!)));
    expect(
      hypervolume(
        modelFront(model).map(({ cost, loss }) => [cost, loss]),
        corner,
      ),
    ).toBeGreaterThan(0.97 * hypervolume(all, corner));
  });

  it.each([1, 2, 3, 4])('foresees nearly all of it where rows, columns and bits multiply (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const share = [1, 0.75, 0.5, 0.25];
    const sizes = Array.from({ length: 4 }, () => Math.round(1000 * random()));
    const model: CostModel = {
      parts: Array.from({ length: 5 }, () => share.map((kept) => ({ cost: 0, loss: random() * (1 - kept) }))),
      couplings: sizes.map((size, at) => ({
        parts: [at, at + 1],
        cost: ([rows = 0, columns = 0]) => size * share[rows]! * share[columns]!,
        loss: () => 0,
      })),
    };
    const all = everything(model).map(({ cost, loss }) => [cost, loss]);
    const corner = [0, 1].map((i) => Math.max(...all.map((point) => point[i]!)));
    const foreseen = modelFront(model).map(({ cost, loss }) => [cost, loss]);
    expect(hypervolume(foreseen, corner)).toBeGreaterThan(0.97 * hypervolume(all, corner));
  });

  it('seeds a search with its front, best first, and goes on by another sampler', () => {
    const model = randomModel(1, 0.5);
    const space = new Space(
      model.parts.map((_, part) => ({ kind: 'choice', name: `p${part}`, values: [0, 1, 2, 3], ordered: true })),
    );
    const assign = (options: readonly number[]) =>
      Object.fromEntries(options.map((option, part) => [`p${part}`, option]));
    const study = new Study({
      space,
      objectives: 2,
      seed: 1,
      sampler: modelSampler({ model, assign, trials: 4, reference: () => [600, 20], afterwards: randomSampler() }),
    });
    const front = new Set(modelFront(model, 4 * 4).map(({ options }) => JSON.stringify(assign(options))));
    const asked = Array.from({ length: 8 }, () => JSON.stringify(study.ask()!.assignment));
    expect(front.size).toBeGreaterThan(3);
    expect(asked.slice(0, 4).every((assignment) => front.has(assignment))).toBe(true);
    expect(new Set(asked).size).toBe(8);
  });

  it('costs nothing to have where every part has one option', () => {
    expect(modelFront({ parts: [[{ cost: 5, loss: 1 }]], couplings: [] })).toEqual([
      { options: [0], cost: 5, loss: 1 },
    ]);
  });
});
