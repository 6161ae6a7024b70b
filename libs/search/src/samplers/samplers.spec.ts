import { seededRandom } from '#numbers';
import { TrialError } from '../errors.js';
import { assignmentKey, Space } from '../space/space.js';
import type { Parameter } from '../space/parameter.js';
import { Study } from '../study.js';
import { violation, type Outcome } from '../fronts/dominance.js';
import { autoSampler } from './auto-sampler.js';
import { gpSampler } from './gp-sampler.js';
import { gridSampler } from './grid-sampler.js';
import { nsga2Sampler } from './nsga2-sampler.js';
import { randomSampler } from './random-sampler.js';
import type { Sampler } from './sampler.js';
import { Sobol, SOBOL_DIMENSIONS } from './sobol.js';
import { sobolSampler } from './sobol-sampler.js';
import { tpeSampler } from './tpe-sampler.js';

const SAMPLERS: Record<string, () => Sampler> = {
  random: randomSampler,
  sobol: sobolSampler,
  nsga2: () => nsga2Sampler({ population: 8 }),
  tpe: tpeSampler,
  gp: gpSampler,
  auto: autoSampler,
};
const LEARNING = ['nsga2', 'tpe', 'gp', 'auto'];

const unit = (count: number): Parameter[] =>
  Array.from({ length: count }, (_, i) => ({ kind: 'real', name: `x${i}`, min: 0, max: 1 }));
const MIXED = new Space([
  { kind: 'choice', name: 'bits', values: [2, 4, 8], ordered: true },
  { kind: 'choice', name: 'method', values: ['a', 'b'] },
  { kind: 'real', name: 'rate', min: 1e-4, max: 1, log: true, when: [{ parameter: 'method', in: ['b'] }] },
]);

/** Asks and tells `count` trials, `parallel` at a time. */
function search(
  space: Space,
  sampler: Sampler,
  evaluate: (assignment: Record<string, unknown>) => Outcome,
  { count = 24, parallel = 1, seed = 1, objectives = 2 } = {},
): Study {
  const study = new Study({ space, sampler, objectives, seed });
  const running: number[] = [];
  for (let i = 0; i < count; i++) {
    while (running.length < parallel) running.push(study.ask()!.id);
    const id = running.shift()!;
    study.tell(id, { state: 'complete', outcome: evaluate(study.history.trials[id]!.assignment) });
  }
  return study;
}

const keys = (study: Study) => study.history.trials.map(({ assignment }) => assignmentKey(assignment));
const mixed = (assignment: Record<string, unknown>): Outcome => ({
  values: [
    Number(assignment['bits']),
    assignment['method'] === 'b' ? Math.abs(Math.log(Number(assignment['rate']) / 0.01)) : 3,
  ],
});

describe.each(Object.keys(SAMPLERS))('sampler %s', (name) => {
  const make = SAMPLERS[name]!;

  it('asks the same for the same seed and answers, and otherwise for another seed', () => {
    const [a, b, c] = [1, 1, 2].map((seed) => keys(search(MIXED, make(), mixed, { seed, count: 24 })));
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });

  it('sets a parameter exactly where its condition holds', () => {
    for (const { assignment } of search(MIXED, make(), mixed).history.trials)
      expect('rate' in assignment).toBe(assignment['method'] === 'b');
  });

  it('tries every assignment of a finite space once, then has no more', () => {
    const space = new Space([
      { kind: 'choice', name: 'a', values: [1, 2, 3, 4], ordered: true },
      { kind: 'choice', name: 'b', values: ['x', 'y', 'z'] },
    ]);
    const study = search(space, make(), ({ a }) => ({ values: [Number(a), -Number(a)] }), { count: 12 });
    expect(new Set(keys(study)).size).toBe(12);
    expect(study.ask()).toBeNull();
  });

  it('spreads sixteen trials that run at once', () => {
    const study = search(
      new Space(unit(3)),
      make(),
      ({ x0, x1 }) => ({ values: [Number(x0), 1 - Number(x0) + Number(x1)] }),
      { count: 32, parallel: 16 },
    );
    const open = [...study.history.running.values()].map(({ assignment }) => assignmentKey(assignment));
    expect(new Set(open).size).toBe(open.length);
  });
});

describe.each(LEARNING)('sampler %s learns', (name) => {
  it('finds more of a front than chance does', () => {
    // ZDT1: chance reaches 9.4 of 11.77 after 60 trials, the weakest of these 9.65, the processes 11.7.
    const evaluate = (assignment: Record<string, unknown>): Outcome => {
      const [f1 = 0, ...rest] = Array.from({ length: 6 }, (_, i) => Number(assignment[`x${i}`]));
      const g = 1 + (9 * rest.reduce((sum, x) => sum + x, 0)) / 5;
      return { values: [f1, g * (1 - Math.sqrt(f1 / g))] };
    };
    const volume = (make: () => Sampler) =>
      [1, 2].reduce(
        (sum, seed) =>
          sum + search(new Space(unit(6)), make(), evaluate, { count: 40, seed }).history.hypervolume([1.1, 11]),
        0,
      );
    expect(volume(SAMPLERS[name]!)).toBeGreaterThan(volume(randomSampler));
  });

  it('finds what holds a constraint where chance seldom does', () => {
    const evaluate = ({ x0, x1, x2 }: Record<string, unknown>): Outcome => ({
      values: [Number(x0), 1 - Number(x0)],
      constraints: [Math.hypot(Number(x1) - 0.8, Number(x2) - 0.2) - 0.2],
    });
    const feasible = (make: () => Sampler) =>
      [1, 2].reduce(
        (sum, seed) =>
          sum +
          search(new Space(unit(3)), make(), evaluate, { count: 60, seed }).history.complete.filter(
            ({ outcome }) => violation(outcome) === 0,
          ).length,
        0,
      );
    expect(feasible(SAMPLERS[name]!)).toBeGreaterThan(1.5 * feasible(randomSampler));
  });

  it('minimizes a single objective', () => {
    const evaluate = ({ x0, x1 }: Record<string, unknown>): Outcome => ({
      values: [(Number(x0) - 0.3) ** 2 + (Number(x1) - 0.7) ** 2],
    });
    const best = (make: () => Sampler) =>
      Math.min(
        ...search(new Space(unit(2)), make(), evaluate, { count: 40, objectives: 1 }).history.complete.map(
          ({ outcome }) => outcome.values[0]!,
        ),
      );
    expect(best(SAMPLERS[name]!)).toBeLessThan(0.02);
  });
});

describe('grid', () => {
  it('goes through a finite space in order and then has no more', () => {
    const space = new Space([
      { kind: 'choice', name: 'a', values: [1, 2] },
      { kind: 'choice', name: 'b', values: [3, 4] },
    ]);
    const study = new Study({ space, sampler: gridSampler(), objectives: 1, seed: 1 });
    expect(Array.from({ length: 5 }, () => study.ask()?.assignment)).toEqual([
      { a: 1, b: 3 },
      { a: 1, b: 4 },
      { a: 2, b: 3 },
      { a: 2, b: 4 },
      undefined,
    ]);
  });
});

describe('Sobol', () => {
  it('puts one of the first 64 points into each 64th of every dimension', () => {
    const random = seededRandom(5);
    const sequence = new Sobol(SOBOL_DIMENSIONS, random);
    const sequencePoints = Array.from({ length: 64 }, (_, at) => sequence.point(at, random));
    for (let dimension = 0; dimension < SOBOL_DIMENSIONS; dimension++) {
      expect(new Set(sequencePoints.map((point) => Math.floor(64 * point[dimension]!))).size).toBe(64);
    }
  });
});

describe('Study', () => {
  const study = () => new Study({ space: new Space(unit(1)), sampler: randomSampler(), objectives: 1, seed: 1 });

  it.each<[string, (s: Study) => unknown]>([
    ['did not ask for it', (s) => s.tell(3, { state: 'failed' })],
    ['has ended already', (s) => [s.tell(s.ask()!.id, { state: 'stopped' }), s.tell(0, { state: 'failed' })]],
    ['has 2 objectives, the study 1', (s) => s.tell(s.ask()!.id, { state: 'complete', outcome: { values: [1, 2] } })],
    ['is NaN', (s) => s.tell(s.ask()!.id, { state: 'complete', outcome: { values: [NaN] } })],
  ])('refuses an answer that %s', (message, answer) => {
    expect(() => answer(study())).toThrow(TrialError);
    expect(() => answer(study())).toThrow(message);
  });

  it('counts a trial made by hand like its own', () => {
    const own = study();
    own.tell(own.add({ x0: 0.25 }).id, { state: 'complete', outcome: { values: [-1] } });
    expect(own.history.front().map(({ assignment }) => assignment)).toEqual([{ x0: 0.25 }]);
  });
});
