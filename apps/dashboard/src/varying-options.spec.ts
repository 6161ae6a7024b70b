import type { JobItem } from '#contracts';
import { shortLabels, varyingOptions } from './varying-options.js';

type Stage = [pass: string, options: Record<string, unknown> | null];
const job = (id: string, ...stages: Stage[]) =>
  ({
    id,
    name: null,
    title: `title of ${id}`,
    stages: stages.map(([pass, options]) => ({ pass, options })),
  }) as unknown as JobItem;
const table = (jobs: JobItem[]) =>
  Object.fromEntries(varyingOptions(jobs).map(({ title, of }) => [title, jobs.map(of)]));

it('has a column for each option that differs, and none for what is alike', () => {
  const jobs = [
    job('a', ['prune', { ratio: 0.5, granularity: 'weight' }]),
    job('b', ['prune', { ratio: 0.9, granularity: 'weight' }]),
    job('c', ['prune', { granularity: 'weight' }]),
  ];
  expect(table(jobs)).toEqual({ 'prune ratio': ['0.5', '0.9', ''] });
  expect(jobs.map(shortLabels(jobs, varyingOptions(jobs)))).toEqual(['ratio 0.5', 'ratio 0.9', 'title of c']);
});

it('tells passes apart, and the second of a kind from the first', () => {
  const jobs = [
    job('a', ['quantize', { bits: 8 }], ['quantize', { student: { width: 0.5 } }]),
    job('b', ['quantize', { bits: 8 }]),
  ];
  expect(table(jobs)).toEqual({
    passes: ['quantize → quantize', 'quantize'],
    'quantize 2 student.width': ['0.5', ''],
  });
});

it('has a column for each option within an option that differs, and none for those that are alike', () => {
  const options = (fc1: number, devices: unknown[], widths: number[]) => ({
    layerBits: { fc1, fc2: 8 },
    devices,
    widths,
  });
  const jobs = [
    job('a', ['evaluate', options(8, ['pi', { tag: 'arm64', any: 1 }], [4, 2])]),
    job('b', ['evaluate', options(4, ['pi', { tag: 'x64', any: 1 }], [])]),
    job('c', ['evaluate', { ...options(8, [], [4, 2]), layerBits: {} }]),
  ];
  expect(table(jobs)).toEqual({
    'evaluate layerBits': ['', '', 'none'],
    'evaluate layerBits.fc1': ['8', '4', ''],
    'evaluate layerBits.fc2': ['8', '8', ''],
    'evaluate devices': ['', '', 'none'],
    'evaluate devices[1]': ['pi', 'pi', ''],
    'evaluate devices[2].tag': ['arm64', 'x64', ''],
    'evaluate devices[2].any': ['1', '1', ''],
    'evaluate widths': ['4, 2', 'none', '4, 2'],
  });
});

it('says so where a list has no options', () => {
  expect(table([job('a', ['prune', null]), job('b', ['prune', {}])])).toEqual({
    'prune options': ['too long for a list', ''],
  });
});

it('labels a job by a name that no other has, and by no option of a measurement', () => {
  const named = (id: string, name: string, ratio: number, runs: number) => ({
    ...job(id, ['prune', { ratio }], ['evaluate', { runs }]),
    name,
  });
  const jobs = [named('a', 'mine', 0.1, 5), named('b', 'sweep', 0.2, 6), named('c', 'sweep', 0.3, 7)];
  expect(jobs.map(shortLabels(jobs, varyingOptions(jobs)))).toEqual(['mine', 'ratio 0.2', 'ratio 0.3']);
});
