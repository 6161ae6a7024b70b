import { performance } from 'node:perf_hooks';
import { seededRandom } from '#numbers';
import {
  autoSampler,
  gpSampler,
  nsga2Sampler,
  paretoFront,
  parameterImportance,
  randomSampler,
  Study,
  tpeSampler,
  type Sampler,
} from '#search';
import { quantile, round, type BenchResult } from './harness.js';
import { MEASUREMENTS, pressModelSampler } from './search/model.js';
import { TEST_PROBLEMS, type TestProblem } from './search/problems.js';

const SAMPLERS: Record<string, () => Sampler> = {
  random: randomSampler,
  nsga2: nsga2Sampler,
  tpe: tpeSampler,
  gp: gpSampler,
  auto: autoSampler,
};

/** Mean hypervolume of Optuna 5.0's default TPE over 30 seeds, 4 at 1,000 trials. */
const REFERENCES: Record<string, Record<number, number>> = {
  zdt1: { 60: 10.38, 200: 11.18, 1000: 11.63 },
  zdt2: { 60: 9.56, 200: 10.49 },
  zdt3: { 60: 10.37, 200: 11.4 },
  'press-16d': { 60: 1.079, 200: 1.113, 1000: 1.125 },
};

/**
 * `seeds N` and `trials N` set how much is run; other words name problems and samplers, or the parts `parallel` and
 * `scale`: what is named is run alone.
 */
export async function run(parts: readonly string[]): Promise<BenchResult[]> {
  const number = (name: string, fallback: number) =>
    parts.includes(name) ? Number(parts[parts.indexOf(name) + 1]) : fallback;
  const [seeds, most] = [number('seeds', 20), number('trials', 200)];
  const wants = (kind: Record<string, unknown>, name: string) =>
    !Object.keys(kind).some((key) => parts.includes(key)) || parts.includes(name);
  const rows: BenchResult[] = [];
  const namesPart = parts.includes('parallel') || parts.includes('scale');
  const namesSearch = parts.some((part) => part in TEST_PROBLEMS || part in SAMPLERS);
  const isCompared = namesSearch || !namesPart;
  const isNarrowed = namesSearch || namesPart;
  for (const [name, problem] of Object.entries(TEST_PROBLEMS)) {
    for (const [sampler, make] of Object.entries(SAMPLERS)) {
      if (isCompared && wants(TEST_PROBLEMS, name) && wants(SAMPLERS, sampler))
        rows.push(...compare(name, problem, sampler, make, seeds, most));
    }
  }
  if (isCompared && wants(TEST_PROBLEMS, 'press-16d') && !parts.some((part) => part in SAMPLERS))
    rows.push(...modelRows());
  if (!isNarrowed || parts.includes('parallel')) rows.push(...parallelRows(seeds));
  if (!isNarrowed || parts.includes('scale')) rows.push(...scaleRows());
  return rows;
}

/** The hypervolume after each budget, for one seed. */
function search(
  { space, reference, evaluate }: TestProblem,
  sampler: Sampler,
  seed: number,
  budgets: readonly number[],
  parallel = 1,
): number[] {
  const study = new Study({ space, sampler, objectives: reference.length, seed });
  const found: number[] = [];
  const running: number[] = [];
  for (let told = 0; found.length < budgets.length; told++) {
    while (running.length < parallel) running.push(study.ask()!.id);
    const id = running.shift()!;
    study.tell(id, { state: 'complete', outcome: evaluate(study.history.trials[id]!.assignment) });
    if (budgets.includes(told + 1)) found.push(study.history.hypervolume(reference));
  }
  return found;
}

function compare(
  name: string,
  problem: TestProblem,
  sampler: string,
  make: () => Sampler,
  seeds: number,
  most: number,
): BenchResult[] {
  const budgets = [60, 200, 1000].filter((budget) => budget <= most);
  const start = performance.now();
  const found = Array.from({ length: seeds }, (_, seed) => search(problem, make(), seed + 1, budgets));
  const msPerAsk = (performance.now() - start) / (seeds * Math.max(...budgets));
  return budgets.map((trials, i) =>
    row(
      { problem: name, sampler, trials },
      found.map((volumes) => volumes[i]!),
      REFERENCES[name]?.[trials],
      { msPerAsk: round(msPerAsk) },
    ),
  );
}

function row(
  what: BenchResult,
  volumes: readonly number[],
  reference: number | undefined,
  figures: BenchResult = {},
): BenchResult {
  const mean = volumes.reduce((sum, volume) => sum + volume, 0) / volumes.length;
  const deviation = Math.sqrt(volumes.reduce((sum, volume) => sum + (volume - mean) ** 2, 0) / volumes.length);
  const against: BenchResult = reference === undefined ? {} : { reference, ratio: round(mean / reference) };
  return {
    ...what,
    seeds: volumes.length,
    hypervolume: round(mean),
    deviation: round(deviation, 2),
    ...against,
    ...figures,
  };
}

/** 30 trials chosen by the model of the space, against 1,000 of the reference. */
function modelRows(): BenchResult[] {
  const [volume = NaN] = search(TEST_PROBLEMS['press-16d']!, pressModelSampler(30), 1, [30]);
  return [
    row({ problem: 'press-16d', sampler: 'model', trials: 30 }, [volume], REFERENCES['press-16d']![1000], {
      measurements: MEASUREMENTS,
    }),
  ];
}

/** 16 asks at a time against one after the other. */
function parallelRows(seeds: number): BenchResult[] {
  return ['zdt1', 'press-16d'].flatMap((name) =>
    [tpeSampler, autoSampler].map((make) => {
      const volumes = (parallel: number) =>
        Array.from({ length: seeds }, (_, seed) => search(TEST_PROBLEMS[name]!, make(), seed + 1, [100], parallel)[0]!);
      const [alone, together] = [volumes(1), volumes(16)].map(
        (list) => list.reduce((sum, volume) => sum + volume, 0) / list.length,
      ) as [number, number];
      return {
        problem: name,
        sampler: make === tpeSampler ? 'tpe' : 'auto',
        trials: 100,
        parallel: 16,
        hypervolume: round(together),
        sequential: round(alone),
        ratio: round(together / alone),
      };
    }),
  );
}

const MANY = 50_000;

/** Asking, fronts and importance after 50,000 trials. */
function scaleRows(): BenchResult[] {
  const { space, reference, evaluate } = TEST_PROBLEMS['press-16d']!;
  const study = new Study({ space, sampler: autoSampler(), objectives: reference.length, seed: 1 });
  const random = seededRandom(7);
  for (let i = 0; i < MANY; i++) {
    const { id, assignment } = study.add(space.random(random));
    study.tell(id, { state: 'complete', outcome: evaluate(assignment) });
  }
  const asks = Array.from({ length: 60 }, () => {
    const start = performance.now();
    const trial = study.ask()!;
    const ms = performance.now() - start;
    study.tell(trial.id, { state: 'complete', outcome: evaluate(trial.assignment) });
    return ms;
  });
  const scored = study.history.complete.map(({ assignment, outcome }) => ({ assignment, score: outcome.values[1]! }));
  const three = Array.from({ length: MANY }, () => [random(), random(), random()]);
  const time = (work: () => unknown) => {
    const start = performance.now();
    work();
    return round(performance.now() - start);
  };
  return [
    {
      problem: 'press-16d',
      sampler: 'auto',
      trials: MANY,
      askMsP95: round(quantile(asks, 0.95)),
      frontMs: time(() => study.history.front()),
      front3Ms: time(() => paretoFront(three)),
      importanceMs: time(() => parameterImportance(space, scored)),
    },
  ];
}
