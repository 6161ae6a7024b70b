import { readFile } from 'node:fs/promises';
import { openDataset } from './open-dataset.js';
import { openArrayFile } from './array-file.js';
import { fixture, fixtureArray } from './fixtures.fixture.js';
import { errorOf, withFolder } from './test-dataset.js';

const ORDER = Array.from({ length: 24 }, (_, i) => i);

describe('arrays of numpy in other orders', () => {
  it.each([
    ['orders.npz', 'fortran'],
    ['orders.npz', 'big'],
    ['orders.npz', 'both'],
    ['orders-packed.npz', 'fortran'],
  ])('%s: %s is read as numpy shows it', async (file, name) => {
    expect(await fixtureArray(file, name)).toEqual({ dims: [4, 3, 2], data: ORDER });
  });

  it('words are labels, in either form', async () => {
    for (const [array, classes, expected] of [
      ['words', ['bird', 'cat', 'dög'], [1, 2, 1, 0]],
      ['bytes', ['a', 'b', 'c'], [0, 1, 0, 2]],
    ] as const) {
      const manifest = {
        name: 'n',
        inputs: { x: { array: 'plain' } },
        labels: { array, classes },
        splits: { test: { file: 'o.npz' } },
      };
      const content = { 'o.npz': await readFile(fixture('orders.npz')), 'dataset.json': JSON.stringify(manifest) };
      await withFolder(content, async (folder) => {
        const dataset = await openDataset(folder);
        expect([...(await dataset.labels('test'))!]).toEqual(expected);
        await dataset.close();
      });
    }
  });

  it('words and objects are refused as inputs, and objects only where they are asked for', async () => {
    const open = (array: string) =>
      readFile(fixture('orders.npz')).then((bytes) => {
        const manifest = { name: 'n', inputs: { x: { array } }, splits: { test: { file: 'o.npz' } } };
        return withFolder({ 'o.npz': bytes, 'dataset.json': JSON.stringify(manifest) }, openDataset);
      });
    expect((await errorOf(open('words'), 'dataset_dtype')).message).toContain('holds words');
    expect((await errorOf(open('objects'), 'dataset_dtype')).message).toContain('got O');
    const { names } = await openArrayFile(fixture('orders.npz'), { names: new Set(['plain']) });
    expect(names).toContain('objects');
  });
});
