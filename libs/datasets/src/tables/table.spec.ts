import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDataset } from '../open-dataset.js';
import { inspectDataset } from '../inspect.js';
import { errorOf, withFolder } from '../test-dataset.js';
import { fixture } from '../fixtures.fixture.js';
import type { Batch } from '../dataset.js';

const HEAD = 'width,height,kind,number,input_ids';
const LINES = [
  '1.5,1,ash,0,5 6 7',
  '2,2,birch,1,8',
  '3.25,3,ash,0,[]',
  '4,4,oak,2,"[9, 10, 11, 12]"',
  '5,5,birch,1,1 2',
];
const CSV = `${[HEAD, ...LINES].join('\n')}\n`;
const JSONL = LINES.map((line) => {
  const [width, height, kind, number] = line.split(',');
  const ids = line.slice(line.indexOf(kind!)).match(/\d+/g)!.slice(1).map(Number);
  return JSON.stringify({ width: Number(width), height: Number(height), kind, number: Number(number), input_ids: ids });
}).join('\n');

const files: Record<string, () => Promise<Uint8Array | string>> = {
  'trees.csv': async () => CSV,
  'semicolons.csv': async () => `\ufeff${CSV.replaceAll(',', ';').replace('"[9; 10; 11; 12]"', '[9, 10, 11, 12]')}`,
  'trees.tsv': async () =>
    CSV.replaceAll(',', '\t').replace('"[9\t 10\t 11\t 12]"', '9 10 11 12').replaceAll('\n', '\r\n'),
  'trees.jsonl': async () => JSONL,
  'marked.jsonl': async () => `\ufeff${JSONL.replaceAll('\n', '\r\n')}`,
  'trees.parquet': () => readFile(fixture('trees.parquet')),
  'trees.zstd.parquet': () => readFile(fixture('trees.zstd.parquet')),
};

const manifest = (file: string, change: object = {}) =>
  JSON.stringify({
    name: 'trees',
    inputs: {
      size: { columns: ['width..height'] },
      ids: { tokens: { column: 'input_ids', length: 3, pad: 9 } },
      mask: { tokens: { column: 'input_ids', length: 3, mask: true } },
    },
    labels: { array: 'kind', classes: ['ash', 'birch', 'oak'] },
    splits: { test: { file } },
    ...change,
  });

async function only(folder: string): Promise<Batch> {
  const dataset = await openDataset(folder);
  for await (const batch of dataset.batches('test', { batchSize: 5 })) {
    await dataset.close();
    return batch;
  }
  throw new Error('no batch');
}

const tryTable = async (file: string, content: Uint8Array | string, change?: object): Promise<Batch> =>
  withFolder({ [file]: content, 'dataset.json': manifest(file, change) }, only);

describe('a table is a data set', () => {
  it.each(Object.keys(files))(
    '%s: columns side by side, lists of tokens made equally long, words as classes',
    async (file) => {
      const { inputs, labels } = await tryTable(file, await files[file]!());
      expect(inputs.size).toMatchObject({ type: 'float32', dims: [5, 2] });
      expect([...inputs.size!.data]).toEqual([1.5, 1, 2, 2, 3.25, 3, 4, 4, 5, 5]);
      expect(inputs.ids).toMatchObject({ type: 'int64', dims: [5, 3] });
      expect([...inputs.ids!.data].map(Number)).toEqual([5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 10, 11, 1, 2, 9]);
      expect([...inputs.mask!.data].map(Number)).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0]);
      expect([...labels!]).toEqual([0, 1, 0, 2, 1]);
    },
  );

  it('whose first line holds other delimiters in quotes is read by its own', async () => {
    const text = '"width; of it";"height, over all, in mm";kind\n1;2;oak\n3;4;ash\n';
    const inputs = { size: { columns: ['width; of it', 'height, over all, in mm'] } };
    const batch = await tryTable('a.csv', text, { inputs });
    expect([...batch.inputs.size!.data]).toEqual([1, 2, 3, 4]);
    expect([...batch.labels!]).toEqual([2, 0]);
  });

  it.each([
    ['semicolons', ['width;height;kind;number', '1,5;1;ash;0', '-2;2,25e1;oak;1']],
    ['tabs', ['width\theight\tkind\tnumber', '1,5\t1\tash\t0', '-2\t2,25e1\toak\t1']],
  ])('whose decimal mark is a comma is read so between %s, which is told', async (_, lines) => {
    const change = { inputs: { size: { columns: ['width..height'] } } };
    const { inputs } = await tryTable('trees.csv', lines.join('\n'), change);
    expect([...(inputs['size']!.data as Float32Array)]).toEqual([1.5, 1, -2, 22.5]);
    const told = await withFolder(
      { 'trees.csv': lines.join('\n'), 'dataset.json': manifest('trees.csv', change) },
      (at) => inspectDataset(at),
    );
    expect(told.warnings).toEqual([expect.stringContaining('decimal commas')]);
  });

  it('with decimal commas needs no names; a decimal point among them, or in lists of tokens a comma, is as before', async () => {
    const bare = { inputs: { size: { columns: ['0..2'] } }, labels: undefined };
    const { inputs } = await tryTable('t.csv', '1,5;2,5;3\n4,5;5,5;6\n', bare);
    expect([...(inputs['size']!.data as Float32Array)]).toEqual([1.5, 2.5, 3, 4.5, 5.5, 6]);
    const mixed = await errorOf(tryTable('t.csv', '1,5;2,5;3\n4,5;1.234;6\n', bare), 'dataset_value');
    expect(mixed.message).toMatch(/row 1.*decimal commas.*"1\.234"/s);
    const lists = { inputs: { ids: { tokens: { column: 'ids', length: 3, pad: 0 } } }, labels: undefined };
    const tokens = await tryTable('t.csv', 'ids;n\n5,6,7;1\n8,9;2\n', lists);
    expect([...(tokens.inputs['ids']!.data as BigInt64Array)].map(Number)).toEqual([5, 6, 7, 8, 9, 0]);
  });

  it('with names 0, 1, 2 in its first line, as pandas writes them for an array, which is told', () =>
    withFolder({}, async (folder) => {
      const change = { inputs: { x: { columns: ['0..1'] } }, labels: { array: '2', classes: 3 } };
      await writeFile(join(folder, 'd.csv'), '0,1,2\n5,6,1\n7,8,0\n');
      await writeFile(join(folder, 'dataset.json'), manifest('d.csv', change));
      const { inputs, labels } = await only(folder);
      expect([...inputs.x!.data]).toEqual([5, 6, 7, 8]);
      expect([...labels!]).toEqual([1, 0]);
      const { warnings } = await inspectDataset(folder);
      expect(warnings).toEqual([expect.stringContaining('was read as the names of the columns')]);
    }));

  it('of numbers to regress, of lists as arrays, and without a line of names', async () => {
    const numbers = await tryTable('trees.csv', CSV, { labels: { array: 'width' } });
    expect([...numbers.targets!.data]).toEqual([1.5, 2, 3.25, 4, 5]);
    const lists = { inputs: { x: { array: 'pixels' } }, labels: { array: 'number', classes: 3 } };
    const { inputs } = await tryTable('trees.parquet', await readFile(fixture('trees.parquet')), lists);
    expect(inputs.x!.dims).toEqual([5, 2, 2]);
    expect([...inputs.x!.data].slice(0, 8).map(Number)).toEqual([0, 1, 2, 3, 1, 2, 3, 4]);
    const plain = { inputs: { x: { columns: ['1..2'] } }, labels: { array: '0', classes: 10 } };
    const batch = await tryTable('plain.csv', '7,0,1\n2,3,4\n', plain);
    expect([[...batch.inputs.x!.data], [...batch.labels!]]).toEqual([
      [0, 1, 3, 4],
      [7, 2],
    ]);
  });

  it('of which the splits are parts at random that share no sample, the same at every reading', async () => {
    const content = `id\n${Array.from({ length: 50 }, (_, i) => i).join('\n')}\n`;
    const parts = {
      inputs: { x: { columns: ['id'] } },
      labels: undefined,
      splits: { train: { file: 'a.csv', part: [0, 0.8] }, test: { file: 'a.csv', part: [0.8, 1] } },
    };
    const ids = async (): Promise<number[][]> =>
      withFolder({ 'a.csv': content, 'dataset.json': manifest('a.csv', parts) }, async (folder) => {
        const dataset = await openDataset(folder);
        const found: number[][] = [];
        for (const split of dataset.splitNames)
          for await (const { inputs } of dataset.batches(split, { batchSize: 50 }))
            found.push([...inputs.x!.data].map(Number));
        await dataset.close();
        return found;
      });
    const [train, test] = await ids();
    expect([train!.length, test!.length]).toEqual([40, 10]);
    expect([...train!, ...test!].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(test).not.toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
    expect(await ids()).toEqual([train, test]);
    const overlap = { ...parts, splits: { ...parts.splits, train: { file: 'a.csv', part: [0, 0.9] } } };
    const wrong = withFolder({ 'a.csv': content, 'dataset.json': manifest('a.csv', overlap) }, openDataset);
    expect((await errorOf(wrong, 'dataset_split')).message).toContain(
      '5 samples are in the split "test" and in "train"',
    );
  });
});

describe('a table that is wrong is refused', () => {
  it.each([
    [
      'a word where a number should be',
      CSV.replace('3.25', 'wide'),
      {},
      /trees\.csv, array "width": row 2: expected a number, got "wide"/,
    ],
    ['an empty cell', CSV.replace('3.25', ''), {}, /row 2: expected a number, got nothing/],
    [
      'a label that is no class',
      CSV.replace('oak', 'beech'),
      {},
      /label of sample 3: expected "ash", "birch", "oak", got "beech"/,
    ],
    [
      'words without a list',
      CSV,
      { labels: { array: 'kind', classes: 3 } },
      /labels are words: expected a list .* got "ash", "birch", "oak"/,
    ],
    [
      'a column that is not there',
      CSV,
      { inputs: { x: { columns: ['widht'] } } },
      /no such column; did you mean "width"\?/,
    ],
    ['rows of unequal length', `${CSV}1,2\n`, {}, /not a readable table/],
    ['two columns of a name', CSV.replace('height', 'width'), {}, /two columns of one name/],
    ['no rows', `${HEAD}\n`, {}, /the table has no rows/],
    [
      'pictures asked of it',
      CSV,
      { inputs: { x: { image: {} } } },
      /no image for input x: expected a folder of pictures/,
    ],
  ])('%s', async (_, content, change, message) => {
    await expect(tryTable('trees.csv', content, change)).rejects.toThrow(message);
  });

  it.each([
    ['damaged.parquet', 'PAR1 but no more', /not a readable Parquet file/],
    ['lines.jsonl', '{"a": 1}\n[2]\n', /line 2 is no JSON object/],
    ['empty.jsonl', '', /the table is empty/],
    [
      'ragged.jsonl',
      '{"a": [[1, 2], [3, 4]]}\n{"a": [[5, 6], [7, 8, 9]]}\n{"a": [[1, 2], [3]]}',
      /row 1: .* a list of 2/,
    ],
    ['shallow.jsonl', '{"a": [[1, 2], 3]}\n{"a": [[5], [7, 8]]}', /row 0: expected a list of 2, .* got 3/],
    ['long.csv', 'a,b\n5,1\n9007199254740993,1\n', /row 1: expected integers within 2\^53, got 9007199254740993/],
    ['long.jsonl', '{"a": 5}\n{"a": -9007199254740993}', /row 1: expected integers .* got -9007199254740993/],
    ['deep.jsonl', '{"a": [5]}\n{"a": [36028797018963969]}', /row 1: expected integers .* got 36028797018963969/],
  ])('%s', async (file, content, message) => {
    await expect(tryTable(file, content, { inputs: { x: { array: 'a' } }, labels: undefined })).rejects.toThrow(
      message,
    );
  });

  it('but for integers that floats are made of, and long ones that nobody asks for', async () => {
    const text = '{"a": 9007199254740993, "b": 9007199254740993, "c": "x 9007199254740993", "d": 1e17}';
    const change = { inputs: { x: { columns: ['a', 'd'] } }, labels: undefined };
    const { inputs } = await tryTable('long.jsonl', text, change);
    expect([...inputs.x!.data]).toEqual([Math.fround(2 ** 53), Math.fround(1e17)]);
    const word = { inputs: { x: { array: 'd' } }, labels: { array: 'c', classes: ['x 9007199254740993'] } };
    expect([...(await tryTable('word.jsonl', text, word)).labels!]).toEqual([0]);
  });

  it('a NaN in it is warned of, by its row', async () => {
    const content = { 'trees.csv': CSV.replace('3.25', 'nan'), 'dataset.json': manifest('trees.csv') };
    const { warnings } = await withFolder(content, inspectDataset);
    expect(warnings).toEqual([expect.stringContaining('sample 2 holds NaN at element 0')]);
  });
});
