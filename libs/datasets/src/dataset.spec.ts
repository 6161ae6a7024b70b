import { join } from 'node:path';
import type { StoredDataset } from '#contracts';
import type { Batch, BatchOptions, Dataset } from './dataset.js';
import { openDataset } from './open-dataset.js';
import { writeNpz } from './write-npz.js';
import { errorOf, smallDataset, withFolder } from './test-dataset.js';

const SEED_NET = join(process.cwd(), 'examples/seed-net');

async function collect(dataset: Dataset, options: BatchOptions, split: 'train' | 'test' = 'train'): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of dataset.batches(split, options)) batches.push(batch);
  return batches;
}

async function withDataset<T>(
  change: Parameters<typeof smallDataset>[0],
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  return withFolder(smallDataset(change), async (folder) => {
    const dataset = await openDataset(folder);
    try {
      return await use(dataset);
    } finally {
      await dataset.close();
    }
  });
}

const open = (change: Parameters<typeof smallDataset>[0]) =>
  withDataset(change, (dataset) => collect(dataset, { batchSize: 4 }));
const firstInput = (batch: Batch | undefined) => [...Object.values(batch!.inputs)[0]!.data].map(Number);

describe('batches', () => {
  it.each([{ compress: false }, { compress: true }])(
    'serve a split in stored order, the last one smaller (%o)',
    (options) =>
      withDataset(options, async (dataset) => {
        const batches = await collect(dataset, { batchSize: 3 });
        expect(batches.map(({ size }) => size)).toEqual([3, 1]);
        expect(batches[0]!.inputs['*']).toEqual({
          type: 'float32',
          dims: [3, 2],
          data: Float32Array.of(0, 1, 2, 3, 4, 5),
        });
        expect(batches.map(({ labels }) => [...labels!])).toEqual([[0, 1, 2], [0]]);
      }),
  );

  it('bring numbers to regress where labels have no classes, in the order of the samples', () =>
    withDataset(
      {
        manifest: { labels: { array: 't' } },
        arrays: { t: { dtype: 'f8', dims: [6, 1, 2], data: Float64Array.from({ length: 12 }, (_, i) => i / 2) } },
      },
      async (dataset) => {
        expect([dataset.classes, dataset.targetDims]).toEqual([null, [1, 2]]);
        for (const { inputs, labels, targets } of await collect(dataset, { batchSize: 4, shuffleSeed: 3 })) {
          expect(labels).toBeNull();
          expect(targets).toEqual({
            type: 'float32',
            dims: [4, 1, 2],
            data: (inputs['*']!.data as Float32Array).map((x) => x / 2),
          });
        }
      },
    ));

  it('part a train split at random into two that hold each sample once, with its label', () =>
    withDataset({ manifest: { splits: { train: { file: 'data.npz', start: 0 } } } }, async (dataset) => {
      const parts = dataset.holdOut(0.34, 5);
      expect([parts.train.sampleCount('train'), parts.held.sampleCount('train')]).toEqual([4, 2]);
      const seen: number[][] = [];
      for (const part of [parts.held, parts.train]) {
        for (const batch of await collect(part, { batchSize: 3, shuffleSeed: 1 }))
          [...batch.labels!].forEach((label, i) => seen.push([firstInput(batch)[2 * i]! / 2, label]));
        expect([...(await part.labels('train'))!]).toEqual(
          (await collect(part, { batchSize: 9 })).flatMap(({ labels }) => [...labels!]),
        );
      }
      expect(seen.toSorted(([a], [b]) => a! - b!)).toEqual([
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 0],
        [4, 1],
        [5, 2],
      ]);
      expect((await collect(dataset.holdOut(0.34, 5).held, { batchSize: 9 }))[0]).toEqual(
        (await collect(parts.held, { batchSize: 9 }))[0],
      );
    }));

  it.each([{ shuffleSeed: 2 }, {}])('name the sample and the array of a NaN (%o)', (order) =>
    withDataset(
      { arrays: { x: { dtype: 'f4', dims: [6, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, NaN, 10, 11) } } },
      async (dataset) => {
        expect(await collect(dataset, { batchSize: 4, ...order })).toHaveLength(1);
        const error = await errorOf(collect(dataset, { batchSize: 2, ...order }, 'test'), 'dataset_value');
        expect(error.message).toBe(
          'data.npz, array "x": sample 4 holds NaN; mend the sample or leave it out, or correct the preprocessing that makes it',
        );
      },
    ),
  );

  it('refuse numbers to regress that are NaN, and take infinities for what they may be', () =>
    withDataset(
      {
        manifest: { labels: { array: 't' } },
        arrays: {
          x: { dtype: 'f4', dims: [6, 1], data: Float32Array.of(0, -Infinity, 2, 3, 4, 5) },
          t: { dtype: 'f4', dims: [6, 1], data: Float32Array.of(0, 1, NaN, 3, 4, 5) },
        },
      },
      async (dataset) => {
        expect((await collect(dataset, { batchSize: 2, limit: 2 }))[0]?.inputs['*']?.data).toEqual(
          Float32Array.of(0, -Infinity),
        );
        expect((await errorOf(collect(dataset, { batchSize: 2 }), 'dataset_value')).message).toContain(
          'array "t": sample 2 holds NaN',
        );
      },
    ));

  it('begin a split at its own first sample', () =>
    withDataset({}, async (dataset) => {
      const [batch] = await collect(dataset, { batchSize: 10 }, 'test');
      expect(firstInput(batch)).toEqual([8, 9, 10, 11]);
      expect([...batch!.labels!]).toEqual([1, 2]);
    }));

  it('stop at the limit, leave out what start says, and drop a last one that is not full', () =>
    withDataset({}, async (dataset) => {
      expect((await collect(dataset, { batchSize: 2, limit: 3 })).map(({ size }) => size)).toEqual([2, 1]);
      expect(firstInput((await collect(dataset, { batchSize: 2, start: 3 }))[0])).toEqual([6, 7]);
      expect((await collect(dataset, { batchSize: 3, dropLast: true })).map(({ size }) => size)).toEqual([3]);
    }));

  it('shuffle samples and labels alike, by the seed alone, and resume in the same order', () =>
    withDataset({}, async (dataset) => {
      const run = async (shuffleSeed: number, start = 0) =>
        (await collect(dataset, { batchSize: 1, shuffleSeed, start })).map((batch) => [
          firstInput(batch)[0]! / 2,
          batch.labels![0]!,
        ]);
      const order = await run(1);
      expect(order.map(([row]) => row).toSorted()).toEqual([0, 1, 2, 3]);
      expect(order.every(([row, label]) => label === row! % 3)).toBe(true);
      expect(await run(1)).toEqual(order);
      expect(await run(1, 2)).toEqual(order.slice(2));
      const seeds = await Promise.all([2, 3, 4, 5].map((seed) => run(seed)));
      expect(seeds.some((other) => JSON.stringify(other) !== JSON.stringify(order))).toBe(true);
    }));

  it('have no labels where the manifest names none', () =>
    withDataset({ manifest: { labels: undefined } }, async (dataset) => {
      expect((await collect(dataset, { batchSize: 4 }))[0]!.labels).toBeNull();
      expect(dataset.classes).toBeNull();
    }));
});

describe('splits and inputs', () => {
  it('take the training split for calibration, and never the test split for anything else', () =>
    withDataset({}, async (dataset) => {
      expect(dataset.splitFor('calibration')).toBe('train');
      expect(dataset.splitFor('test')).toBe('test');
      expect([dataset.sampleCount('train'), dataset.sampleCount('test'), dataset.hasSplit('calibration')]).toEqual([
        4,
        2,
        false,
      ]);
      await withDataset({ manifest: { splits: { test: { file: 'data.npz', start: 0 } } } }, async (testOnly) => {
        expect(() => testOnly.splitFor('calibration')).toThrow(/no split "calibration"/);
      });
    }));

  it('feed the only input of a model whatever its name', () =>
    withDataset({}, async (dataset) => {
      const bound = dataset.bindInputs(['pixels']);
      expect(bound.inputNames).toEqual(['pixels']);
      expect(Object.keys((await collect(bound, { batchSize: 1 }))[0]!.inputs)).toEqual(['pixels']);
      expect(() => dataset.bindInputs(['a', 'b'])).toThrow(/nothing feeds the model's input "a"/);
    }));

  it("read a stored data set as they read a user's folder", async () => {
    const files = smallDataset();
    const stored: StoredDataset = {
      manifest: JSON.parse(files['dataset.json'] as string),
      files: { 'data.npz': 'ab'.repeat(32) },
    };
    await withFolder({ ...files, 'dataset.json': JSON.stringify(stored) }, async (folder) =>
      expect((await openDataset(folder)).sampleCount('train')).toBe(4),
    );
  });

  it('reads the example, preprocessing included', async () => {
    const dataset = await openDataset(SEED_NET);
    const [batch] = await collect(dataset, { batchSize: 2 }, 'test');
    const { type, dims, data } = batch!.inputs['*']!;
    expect([type, dims]).toEqual(['float32', [2, 1, 32, 32]]);
    const brightest = Math.max(...(data as Float32Array));
    expect(brightest).toBeGreaterThan(0.9);
    expect(brightest).toBeLessThanOrEqual(1);
    expect(Object.fromEntries(dataset.splitNames.map((name) => [name, dataset.sampleCount(name)]))).toEqual({
      calibration: 512,
      train: 8000,
      test: 2000,
    });
    await dataset.close();
  });
});

describe('a data set that is wrong is refused', () => {
  it('where inputs and labels differ in length', async () => {
    const error = await errorOf(
      open({ arrays: { y: { dtype: 'i8', dims: [5], data: new BigInt64Array(5) } } }),
      'dataset_shape',
    );
    expect(error).toMatchObject({ file: 'data.npz', array: 'y', got: '5' });
    expect(error.message).toContain('expected 6 as in "x", got 5');
  });

  it('where a label is no class, naming the sample', async () => {
    const error = await errorOf(
      open({ arrays: { y: { dtype: 'i8', dims: [6], data: BigInt64Array.of(0n, 1n, 3n, 0n, 1n, 2n) } } }),
      'dataset_labels',
    );
    expect(error.message).toContain('label of sample 2: expected 0..2, got 3');
    await errorOf(
      open({ arrays: { y: { dtype: 'i4', dims: [6], data: Int32Array.of(0, -1, 0, 0, 0, 0) } } }),
      'dataset_labels',
    );
  });

  it('where numbers to regress differ in shape between splits', async () => {
    const other = writeNpz({
      x: { dtype: 'f4', dims: [2, 2], data: new Float32Array(4) },
      y: { dtype: 'f4', dims: [2, 3], data: new Float32Array(6) },
    });
    const files = {
      ...smallDataset({
        manifest: {
          labels: { array: 'y' },
          splits: { train: { file: 'data.npz', start: 0 }, test: { file: 'other.npz', start: 0 } },
        },
      }),
      'other.npz': other,
    };
    expect((await errorOf(withFolder(files, openDataset), 'dataset_labels')).message).toContain('expected [], got [3]');
  });

  it('where labels are floats or one-hot', async () => {
    expect(
      (await errorOf(open({ arrays: { y: { dtype: 'f4', dims: [6], data: new Float32Array(6) } } }), 'dataset_labels'))
        .message,
    ).toContain('expected integers, got f4');
    expect(
      (
        await errorOf(
          open({ arrays: { y: { dtype: 'u1', dims: [6, 3], data: new Uint8Array(18) } } }),
          'dataset_labels',
        )
      ).message,
    ).toContain('add oneHot: true');
  });

  it('where an array, a file or a split is missing, saying what there is', async () => {
    expect(
      (await errorOf(open({ manifest: { inputs: { '*': { array: 'images', preprocess: [] } } } }), 'dataset_array'))
        .message,
    ).toContain('one of x, y');
    expect(
      (await errorOf(open({ manifest: { splits: { train: { file: 'other.npz', start: 0 } } } }), 'dataset_file'))
        .message,
    ).toContain('other.npz: the file is missing');
    await errorOf(open({ manifest: { splits: {} } }), 'dataset_split');
    expect(
      (
        await errorOf(
          open({ manifest: { splits: { train: { file: 'data.npz', start: 4, count: 3 } } } }),
          'dataset_split',
        )
      ).message,
    ).toContain('got 4..7');
  });

  it('where preprocessing does not fit the array it is for', async () => {
    const error = await errorOf(
      open({ manifest: { inputs: { '*': { array: 'x', preprocess: [{ op: 'pad', pads: [1], value: 0 }] } } } }),
      'dataset_preprocess',
    );
    expect(error).toMatchObject({ file: 'data.npz', array: 'x', expected: '2 pads', got: '1' });
  });

  it('where the manifest has a typo, naming the field', async () => {
    const files = {
      ...smallDataset(),
      'dataset.json': JSON.stringify({ name: 'x', inptus: {}, inputs: {}, splits: { train: { file: '../data.npz' } } }),
    };
    const error = await errorOf(withFolder(files, openDataset), 'dataset_manifest');
    expect(error.message).toMatch(/splits\.train\.file: a file name, not a path/);
    expect(error.message).toContain('inptus: there is no "inptus" here: did you mean "inputs"?');
  });

  it('where there is no manifest, or one that is no YAML', async () => {
    expect((await errorOf(withFolder({}, openDataset), 'dataset_manifest')).message).toContain('dataset.yaml');
    await errorOf(withFolder({ 'dataset.yaml': 'a: [' }, openDataset), 'dataset_manifest');
  });
});
