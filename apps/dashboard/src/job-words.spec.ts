import type { Job, JobItem, JobStage } from '#contracts';
import { outlookWords, jobName, placeInLine, restWords, stateInWords, tabTitle } from './job-words.js';

type State = JobStage['state'];
const job = (state: Job['state'], stages: [string, State, number][], more: Partial<Job> = {}): Job =>
  ({
    state,
    name: null,
    gatesPassed: null,
    recipe: { seed: 0, gates: [], passes: stages.map(([pass]) => ({ pass, options: {} })) },
    stages: stages.map(([pass, stage, progress], index) => ({ pass, state: stage, progress, index })),
    ...more,
  }) as unknown as Job;

it('tells where a job is in words', () => {
  const words = (state: Job['state'], second: State, more?: Partial<Job>) =>
    stateInWords(
      job(
        state,
        [
          ['prune', 'succeeded', 1],
          ['train', second, 0.5],
        ],
        more,
      ),
    );
  expect(words('queued', 'waiting')).toMatch(/^Queued: waits for a worker, and begins with stage 2 of 2, train/);
  expect(words('running', 'running')).toBe('Running stage 2 of 2, train.');
  expect(words('running', 'waiting')).toBe('Running: stage 2 of 2, train, waits for a worker.');
  expect(words('running', 'succeeded')).toMatch(/the report is being written/);
  expect(words('failed', 'failed')).toMatch(/^Failed in stage 2 of 2, train/);
  expect(words('cancelled', 'cancelled')).toMatch(/^Cancelled before the end of stage 2 of 2, train/);
  expect(words('succeeded', 'succeeded')).toBe('Done.');
  expect(words('succeeded', 'succeeded', { gatesPassed: false })).toMatch(/misses a gate/);
});

it('names a job by its submitter, its recipe, or its passes and model', () => {
  const unnamed = job('queued', [
    ['prune', 'waiting', 0],
    ['evaluate', 'waiting', 0],
  ]);
  expect(jobName(unnamed, 'net.onnx')).toBe('prune → evaluate of net.onnx');
  expect(jobName(unnamed, undefined)).toBe('prune → evaluate');
  expect(jobName({ ...unnamed, recipe: { ...unnamed.recipe, name: 'half' } }, 'net.onnx')).toBe('half');
  expect(jobName({ ...unnamed, name: 'mine' }, 'net.onnx')).toBe('mine');
});

it('tells tabs apart by how far a job is and by its name', () => {
  expect(
    tabTitle(
      job('running', [
        ['prune', 'succeeded', 1],
        ['train', 'running', 0.5],
      ]),
      'mine',
    ),
  ).toBe('75 % · mine');
  expect(tabTitle(job('failed', [['prune', 'failed', 0]]), 'mine')).toBe('failed · mine');
});

it('tells who waits before a job, and who runs', () => {
  const at = (id: string, minute: number) =>
    ({ id, name: id, createdAt: `2026-01-01T00:0${minute}:00Z` }) as unknown as JobItem;
  const mine = job('queued', [['prune', 'waiting', 0]], { id: 'mine', createdAt: '2026-01-01T00:05:00Z' });
  const queued = [at('later', 7), at('mine', 5), at('b', 4), at('a', 3)];
  expect(placeInLine(mine, { running: [at('busy', 1)], queued, isCut: false })).toBe(
    '2 jobs wait before it. Running now: “busy”.',
  );
  expect(placeInLine(mine, { running: [], queued: queued.slice(0, 2), isCut: false })).toBe(
    'No job waits before it. No job is running.',
  );
  expect(placeInLine(mine, { running: [], queued, isCut: true })).toMatch(/^At least 2 jobs wait/);
});

it('tells what is left of a job that runs by earlier runs, as far as they tell', () => {
  expect(restWords({ seconds: 75, unknown: [] })).toBe('By earlier runs about 1 min 15 s of it are left.');
  expect(restWords({ seconds: 5, unknown: ['distill'] })).toBe(
    'By earlier runs at least 5.0 s are left; distill has not run on its model yet.',
  );
  expect(restWords({ seconds: null, unknown: ['train'] })).toBe('');
});

describe('when a job that waits ends', () => {
  const outlook = { jobsBefore: 2, secondsBefore: 120, seconds: 30, unknown: [], lanes: 2 };

  it('is told by the time of what is before it, on as many workers as there are, and its own', () => {
    expect(outlookWords(outlook)).toBe('About 1 min 30 s to its end, of which 30 s are its own passes.');
    expect(outlookWords({ ...outlook, unknown: ['distill'] })).toContain('at least to its end (not counted: distill');
  });

  it('is not told where nothing tells it, and why', () => {
    expect(outlookWords({ ...outlook, seconds: null, unknown: ['train'] })).toContain('train has not run on its model');
    expect(outlookWords({ ...outlook, lanes: 0 })).toContain('No worker is connected');
  });
});
