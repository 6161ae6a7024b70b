import { foresightText, type Sweep, type SweepForecast, type SweepResults, type Trial } from '#contracts';
import { costLine, forecastLines, progressLine, trialLine, trialTable } from './words.js';

const forecast = {
  ...{ trials: 12, sampler: 'tpe', stages: 24, stagesDistinct: 20, stagesCached: 3, isExact: true },
  ...{ seconds: 90, bytes: 2_000_000, secondsUnknown: [], bytesUnknown: [], infeasible: [], skipped: [] },
} as unknown as SweepForecast;
const counts = { complete: 3, stopped: 0, failed: 0, infeasible: 0, running: 0 };
const sweep = {
  ...{ state: 'running', counts, forecast, searchedSeconds: 60, feasible: 2, document: { constraints: [] } },
  cost: { stagesExecuted: 5, stages: 8, seconds: 119.6, bytes: 1000 },
} as unknown as Sweep;
const objectives = [{ metric: 'bytes' }] as Sweep['objectives'];
const trial = (number: number, assignment: object) =>
  ({
    number,
    state: 'running',
    assignment,
    metrics: {},
    violated: [],
    reason: null,
    promotedAs: null,
  }) as unknown as Trial;

describe('what a sweep will take', () => {
  it('is told to the number where it is known', () => {
    expect(forecastLines(forecast).split('\n')).toEqual([
      '12 trials by tpe: 24 stages, 20 of them distinct, 3 cached',
      'time of the passes  1 min 30 s',
      'models to be stored  2.00 MB',
    ]);
  });

  it('is told with what nothing tells yet, combinations that make no recipe, and nodes that are left alone', () => {
    const partly = {
      ...{
        ...forecast,
        isExact: false,
        secondsUnknown: [{ pass: 'distill' }],
        bytes: null,
        bytesUnknown: [{ pass: 'x' }],
      },
      ...{ infeasible: [{ count: 2, field: 'bits', message: 'too many' }], skipped: [{}, {}] },
    } as unknown as SweepForecast;
    expect(forecastLines(partly).split('\n')).toEqual([
      '12 trials by tpe: about 24 stages, about 20 of them distinct, 3 cached',
      'time of the passes  1 min 30 s, and what distill takes, which nothing tells yet',
      'models to be stored  unknown',
      'no recipe from 2 combinations: bits: too many',
      'left alone by a pass: 2 nodes',
    ]);
  });
});

describe('what a model of the space foresaw', () => {
  it('is told beside what was measured, as far as it was', () => {
    const model = { jobId: '', trials: [{}, {}], bytesError: { median: 0.0001, worst: 0.012 }, snrErrorDb: null };
    const told = foresightText({ model } as unknown as SweepResults);
    expect(told).toBe('of 2 trials, bytes were foreseen to 0.010 % (at worst 1.2 %)');
    expect(foresightText({})).toBe('');
    expect(forecastLines({ ...forecast, survey: 'first' }).split('\n')[0]).toMatch(/^a job measures first/);
  });
});

describe('where a sweep is', () => {
  it('names only what there is', () => {
    expect(progressLine(sweep)).toBe('running: 3 of 12 trials, about 3 min 0 s left');
  });

  it('counts trials by what became of them, and those that hold the constraints', () => {
    const all = { complete: 3, stopped: 2, failed: 1, infeasible: 4, running: 5 };
    const ended = { ...sweep, state: 'finished', counts: all, document: { constraints: [{}] } } as unknown as Sweep;
    expect(progressLine(ended)).toBe(
      'finished: 10 of 15 trials, 5 running, 2 stopped early, 1 failed, 4 that make no recipe, 2 hold the constraints',
    );
  });
});

it('what a sweep took stands beside what was foreseen, where anything was', () => {
  const took = '5 stages computed of 8 (20 distinct were foreseen), 2 min 0 s of passes';
  expect(costLine(sweep)).toBe(`${took} (foreseen: 1 min 30 s), 1.00 kB of models (foreseen: 2.00 MB)`);
  const partly = { ...forecast, secondsUnknown: [{ pass: 'prune', stages: 1 }], bytesUnknown: [] };
  expect(costLine({ ...sweep, forecast: partly })).toContain('(foreseen: 1 min 30 s without prune)');
  const unknown = { ...forecast, seconds: null, bytes: null };
  expect(costLine({ ...sweep, forecast: unknown })).toBe(`${took}, 1.00 kB of models`);
});

describe('trials', () => {
  const trials = [trial(1, { bits: 4 }), trial(2, { bits: 8, ratio: 0.5 })];

  it('are rows with a column for each parameter that any of them has', () => {
    const rows = trialTable({ objectives }, trials)
      .split('\n')
      .map((row) => row.trimEnd().split(/ {2,}/));
    expect(rows[0]).toEqual(['trial', 'state', 'bits', 'ratio', 'on disk', 'remark']);
    expect(rows.slice(1).flat()).toEqual(expect.arrayContaining(['1', '4', '2', '8', '0.5']));
  });

  it('are told in a line each', () => {
    expect(trialLine({ objectives }, trials[1]!)).toBe('trial 2 running: bits 8, ratio 0.5');
  });
});
