import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ElementType, Preprocess, type DatasetInspection } from '#contracts';
import { inspectModel, readModel } from '#onnx';
import { parse } from 'yaml';
import type { HostType } from './dtype.js';
import { datasetDigest } from './digest.js';
import { inspectDataset, matchInputs } from './inspect.js';
import { preparePreprocessing } from './preprocess.js';
import { errorOf, smallDataset, withFolder } from './test-dataset.js';

describe('inspectDataset', () => {
  it('tells shapes after preprocessing, classes and samples per split', async () => {
    expect(await inspectDataset(join(process.cwd(), 'examples/seed-net'))).toEqual({
      inputs: { '*': { type: 'float32', dims: [1, 32, 32] } },
      classes: 10,
      splits: { calibration: 512, train: 8000, test: 2000 },
    });
  });

  it('checks the labels of every split', () =>
    errorOf(
      withFolder(
        smallDataset({ arrays: { y: { dtype: 'u1', dims: [6], data: Uint8Array.of(0, 0, 0, 0, 0, 9) } } }),
        inspectDataset,
      ),
      'dataset_labels',
    ));
});

describe('inspectDataset on values', () => {
  const inspected = (options: Parameters<typeof smallDataset>[0]) => withFolder(smallDataset(options), inspectDataset);
  const floats = (values: Record<number, number>) => ({
    dtype: 'f4' as const,
    dims: [6, 2],
    data: Float32Array.from({ length: 12 }, (_, i) => values[i] ?? i),
  });
  const labels = (first: bigint) => ({
    dtype: 'i8' as const,
    dims: [6],
    data: BigInt64Array.of(first, 1n, 2n, 0n, 1n, 2n),
  });

  it('warns of samples that are not finite, by file, array, input, split and sample', async () => {
    const { warnings } = await inspected({ arrays: { x: floats({ 5: Number.NaN, 6: Infinity, 11: -Infinity }) } });
    expect(warnings).toEqual([
      expect.stringMatching(
        /data\.npz, array "x" \(input "\*", split train\): sample 2 holds NaN at element 1; 2 of 4 samples/,
      ),
      expect.stringMatching(/split test\): sample 5 holds -Infinity at element 1; 1 of 2 samples/),
    ]);
    expect(await inspected({})).not.toHaveProperty('warnings');
  });

  it('sees them in halves as well', async () => {
    const x = {
      dtype: 'f2' as const,
      dims: [6, 2],
      data: Uint16Array.from({ length: 12 }, (_, i) => (i === 4 ? 0x7e00 : 0x3c00)),
    };
    expect((await inspected({ arrays: { x } })).warnings?.[0]).toContain('sample 2 holds NaN at element 0');
  });

  it.each<[bigint, string]>([
    [4294967296n, '4294967296'],
    [4294967303n, '4294967303'],
    [-4294967296n, '-4294967296'],
    [9007199254740993n, '9007199254740993'],
  ])('compares the label %s before it makes it narrower', async (label, told) => {
    expect((await errorOf(inspected({ arrays: { y: labels(label) } }), 'dataset_labels')).message).toContain(
      `label of sample 0: expected 0..2, got ${told}`,
    );
  });

  it('refuses unsigned values that int64 cannot hold', async () => {
    const y = { dtype: 'u8' as const, dims: [6], data: BigUint64Array.of(2n ** 63n + 1n, 1n, 2n, 0n, 1n, 2n) };
    expect((await errorOf(inspected({ arrays: { y } }), 'dataset_dtype')).message).toMatch(
      /data\.npz, array "y".*got 9223372036854775809/,
    );
  });

  it('refuses numbers to regress that are none', async () => {
    const y = { dtype: 'f4' as const, dims: [6], data: Float32Array.of(0, 1, 2, Number.NaN, 4, 5) };
    expect(
      (await errorOf(inspected({ arrays: { y }, manifest: { labels: { array: 'y' } } }), 'dataset_labels')).message,
    ).toContain('label of sample 3: expected a finite number, got NaN');
  });

  it.each([
    ['uint8', { 3: 300 }, '300'],
    ['uint8', { 3: -1 }, '-1'],
    ['int32', { 3: Number.NaN }, 'NaN'],
    ['float16', { 3: 70000 }, '70000'],
    ['uint64', { 3: -1 }, '-1'],
  ] as const)('refuses a cast to %s that would make another value of one', async (to, values, told) => {
    const manifest = { inputs: { '*': { array: 'x', preprocess: [{ op: 'cast' as const, to }] } } };
    expect(
      (await errorOf(inspected({ arrays: { x: floats(values) }, manifest }), 'dataset_preprocess')).message,
    ).toMatch(new RegExp(`data\\.npz, array "x": cast to ${to}.*got ${told}`));
  });

  it('refuses a pad that the type cannot hold, and one without end', async () => {
    const pad = (pads: number[], value: number) =>
      inspected({
        arrays: { x: { dtype: 'u1', dims: [6, 2], data: new Uint8Array(12) } },
        manifest: { inputs: { '*': { array: 'x', preprocess: [{ op: 'pad', pads, value }] } } },
      });
    await errorOf(pad([0, 1], 300), 'dataset_preprocess');
    await errorOf(pad([0, 1], 0.5), 'dataset_preprocess');
    await errorOf(pad([0, 2_000_000_000], 0), 'dataset_limit');
  });
});

describe('matchInputs', () => {
  const inspection = { inputs: { '*': { type: 'float32', dims: [1, 32, 32] } }, classes: 10, splits: { test: 5 } };

  it('finds nothing where types and shapes agree, symbolic and unknown dimensions fitting anything', () => {
    expect(matchInputs(inspection, [{ name: 'input', type: 'float32', dims: ['batch', 1, 32, 32] }])).toEqual([]);
    expect(matchInputs(inspection, [{ name: 'input', type: 'float32', dims: ['n', 1, 'h', ''] }])).toEqual([]);
    expect(matchInputs(inspection, [{ name: 'input', type: 'float32', dims: null }])).toEqual([]);
  });

  it('finds that the example data set feeds the example model', async () => {
    const folder = join(process.cwd(), 'examples/seed-net');
    const { inputs } = inspectModel(readModel(readFileSync(join(folder, 'seed-net.onnx'))));
    expect(matchInputs(await inspectDataset(folder), inputs)).toEqual([]);
  });

  it('names the input, what was expected and what came', () => {
    const [problem, ...rest] = matchInputs(inspection, [
      { name: 'input', type: 'float32', dims: ['batch', 3, 32, 32] },
    ]);
    expect(rest).toEqual([]);
    expect(problem!.field).toBe('dataset.inputs.input');
    expect(problem!.message).toContain(
      'model input "input": expected shape [batch, 3, 32, 32], got [batch, 1, 32, 32]',
    );
  });

  it('names a wrong element type, and inputs that nothing feeds', () => {
    expect(matchInputs(inspection, [{ name: 'ids', type: 'int64', dims: null }])[0]!.message).toContain(
      'expected int64, got float32',
    );
    const two = [
      { name: 'a', type: 'float32', dims: null },
      { name: 'b', type: 'float32', dims: null },
    ];
    expect(matchInputs(inspection, two).map(({ field }) => field)).toEqual(['dataset.inputs.a', 'dataset.inputs.b']);
  });
});

describe('the way out that matchInputs names', () => {
  type Sample = DatasetInspection['inputs'][string];
  const problemWith = (input: { type: string; dims: (number | string)[] | null }, sample: Sample) =>
    matchInputs({ inputs: { x: sample }, classes: null, splits: { test: 1 } }, [{ name: 'x', ...input }])[0]?.message ??
    '';

  /** The sample after every operation that a message spells out. */
  function followed(message: string, { type, dims }: Sample): Sample {
    const ops = [...message.matchAll(/\{ op: [^}]*\}/g)].map(([text]) => Preprocess.parse(parse(text)));
    const { result } = preparePreprocessing(ops.slice(0, 1), { type: type as HostType, dims });
    return { type: result.type, dims: [...result.dims] };
  }

  it.each(ElementType.options.filter((type) => type !== 'float32'))('works for an input of type %s', (type) => {
    const sample = { type: 'float32', dims: [2] };
    const input = { type, dims: ['N', 2] };
    expect(problemWith(input, followed(problemWith(input, sample), sample))).toBe('');
  });

  it.each<[(number | string)[], number[]]>([
    [
      ['N', 3, 32, 32],
      [32, 32, 3],
    ],
    [
      ['N', 1024],
      [32, 32],
    ],
    [
      ['N', 1, 32, 32],
      [1, 28, 28],
    ],
    [[1, 3, 4], [12]],
  ])('works for an input of shape [%s]', (dims, got) => {
    const sample = { type: 'float32', dims: got };
    const input = { type: 'float32', dims };
    expect(problemWith(input, followed(problemWith(input, sample), sample))).toBe('');
  });

  it.each([
    [
      'a type that no manifest makes',
      { type: 'complex64', dims: ['N', 2] },
      [2],
      'no data set can feed an input of type complex64',
    ],
    ['text', { type: 'string', dims: ['N', 2] }, [2], 'no data set can feed an input of type string'],
    ['no batch', { type: 'float32', dims: [3, 4, 4] }, [3, 4, 4], 'export the model with a first axis of samples'],
    ['a scalar', { type: 'float32', dims: [] }, [1], 'export the model with a first axis of samples'],
    ['more elements', { type: 'float32', dims: ['N', 3, 8, 8] }, [1, 9, 9], 'make the arrays anew'],
  ] as [string, { type: string; dims: (number | string)[] }, number[], string][])(
    'is none in the manifest, and said so: %s',
    (_what, input, dims, words) => {
      expect(problemWith(input, { type: 'float32', dims })).toContain(words);
      expect(problemWith(input, { type: 'float32', dims })).not.toContain('op: cast');
    },
  );
});

describe('datasetDigest', () => {
  it('does not depend on the order of keys, and changes with any value', () => {
    const manifest = {
      name: 'a',
      inputs: {},
      splits: { train: { file: 'f.npz', start: 0 }, test: { file: 'g.npz', start: 0 } },
    };
    const reordered = {
      splits: { test: { start: 0, file: 'g.npz' }, train: { start: 0, file: 'f.npz' } },
      inputs: {},
      name: 'a',
    };
    const files = { 'f.npz': '0', 'g.npz': '1' };
    expect(datasetDigest({ manifest, files })).toBe(datasetDigest({ files, manifest: reordered }));
    expect(datasetDigest({ manifest, files: { ...files, 'g.npz': '2' } })).not.toBe(datasetDigest({ manifest, files }));
  });
});
