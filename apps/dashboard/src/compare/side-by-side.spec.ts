import type { Job } from '#contracts';
import { jobIdIn, MOST_PICKED, pickedIn, differencesOf } from './side-by-side.js';

const id = (digit: number) => `${digit}0000000-0000-4000-8000-000000000000`;
const job = (digit: number, bits: number, bytes: number, top1?: number) =>
  ({
    id: id(digit),
    modelId: 'a'.repeat(64),
    datasetId: null,
    gatesPassed: null,
    recipe: { seed: 0, passes: [{ pass: 'quantize', options: { weightBits: bits } }] },
    stages: [
      {
        pass: 'quantize',
        options: { weightBits: bits, samples: 16 },
        metrics: { bytes, ...(top1 === undefined ? {} : { top1 }) },
      },
    ],
  }) as unknown as Job;
const cellsOf = (jobs: Job[], pinned?: Job) =>
  Object.fromEntries(
    differencesOf(jobs, pinned).rows.map(({ title, cells }) => [
      title,
      cells.map(({ text, note }) => `${text} ${note}`.trim()),
    ]),
  );

describe('jobs side by side', () => {
  it('has what differs alone, and says how much is the same', () => {
    const rows = cellsOf([job(1, 8, 2048, 0.9), job(2, 4, 1024, 0.9)]);
    expect(rows).toEqual({ 'quantize weightBits': ['8', '4'], [Object.keys(rows)[1] ?? '']: ['2.05 kB', '1.02 kB'] });
    expect(differencesOf([job(1, 8, 2048, 0.9), job(2, 4, 1024, 0.9)], undefined).same).toBe(7);
  });

  it('has of a pass that only some have what a recipe says, and none of its defaults', () => {
    const [first, second] = [job(1, 8, 2048), job(2, 8, 2048)];
    const pruned = {
      ...second,
      recipe: { ...second.recipe, passes: [...second.recipe.passes, { pass: 'prune', options: { ratio: 0.5 } }] },
      stages: [...second.stages, { ...second.stages[0], pass: 'prune', options: { ratio: 0.5, schedule: 'one-shot' } }],
    } as Job;
    expect(cellsOf([first, pruned])).toEqual({
      passes: ['quantize', 'quantize → prune'],
      'prune ratio': ['–', '0.5'],
    });
  });

  it('tells how each stands to the pinned one, and what nobody measured', () => {
    const [first, second, third] = [job(1, 8, 2048, 0.9), job(2, 4, 1024, 0.89), job(3, 2, 512)];
    const rows = Object.values(cellsOf([first, second, third], first));
    expect(rows).toContainEqual(['2.05 kB', '1.02 kB ÷ 2.00', '512 B ÷ 4.00']);
    expect(rows).toContainEqual(['90.00 %', '89.00 % −1.00 points', 'not measured']);
  });
});

it('reads jobs from the address, each once, and no more than fit', () => {
  const many = Array.from({ length: 12 }, (_, digit) => id(digit % 10)).join(',');
  expect(pickedIn(new URLSearchParams({ pick: `${id(1)},x,${id(1)},${id(2)}` }))).toEqual([id(1), id(2)]);
  expect(pickedIn(new URLSearchParams({ pick: many }))).toHaveLength(MOST_PICKED);
  expect(jobIdIn(`http://host/#/jobs/${id(3)}`)).toBe(id(3));
  expect(jobIdIn('trial 3')).toBeUndefined();
});
