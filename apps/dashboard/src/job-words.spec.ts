import type { Job, JobStage } from '#contracts';
import { jobName, stateInWords, tabTitle } from './job-words.js';

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
