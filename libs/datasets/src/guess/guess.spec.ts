import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ValueSummary } from '#contracts';
import sharp from 'sharp';
import { parse } from 'yaml';
import { fixture } from '../fixtures.fixture.js';
import { inspectDataset, matchInputs } from '../inspect.js';
import { errorOf, withFolder } from '../test-dataset.js';
import { writeNpz, type NpzArray } from '../write-npz.js';
import { guessManifest } from './guess.js';
import type { Interface } from './scene.js';
import { manifestText } from './manifest-text.js';

const value = (name: string, dims: (number | string)[], type = 'float32'): ValueSummary => ({ name, type, dims });
const model = (inputs: ValueSummary[], outputs = [value('scores', ['batch', 3])]): Interface => ({ inputs, outputs });
const picture = () =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
/** Values 0, 1, 2, 0, … */
function numbers(dtype: 'u1' | 'f4' | 'f8' | 'i8', dims: number[]): NpzArray {
  const length = dims.reduce((size, dim) => size * dim, 1);
  const values = Array.from({ length }, (_, i) => i % 3);
  const data = {
    u1: () => Uint8Array.from(values),
    f4: () => Float32Array.from(values),
    f8: () => Float64Array.from(values),
    i8: () => BigInt64Array.from(values, BigInt),
  };
  return { dtype, dims, data: data[dtype]() };
}

/** Guesses, writes and reads back what was written; it must feed the model. */
async function guessed(files: Record<string, Uint8Array | string>, name: string, of: Interface) {
  return withFolder({}, async (folder) => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    const guess = await guessManifest(join(folder, name), of);
    const text = manifestText(guess);
    await writeFile(guess.path, text);
    const inspection = await inspectDataset(guess.path);
    expect(matchInputs(inspection, of.inputs)).toEqual([]);
    return {
      manifest: parse(text),
      text,
      inspection,
      path: guess.path.slice(folder.length + 1),
      notes: [...guess.notes.values()],
    };
  });
}

describe('the guess for a folder of pictures', () => {
  const folders = async () => {
    const bytes = await picture();
    const paths = ['train/cat/a', 'train/dog/b', 'train/cat/c', 'val/cat/d', 'val/dog/e'].map(
      (path) => `pets/${path}.png`,
    );
    return Object.fromEntries(paths.map((path) => [path, bytes]));
  };

  it('has size, layout and colours of the model, classes and splits of the folders', async () => {
    const { manifest, path, inspection, text, notes } = await guessed(
      await folders(),
      'pets',
      model([value('x', ['batch', 3, 224, 224])], [value('y', ['batch', 2])]),
    );
    expect(path).toBe('pets.yaml');
    expect(manifest).toMatchObject({
      name: 'pets',
      inputs: { '*': { image: { resize: 256, crop: 224, layout: 'nchw', color: 'rgb' } } },
      labels: { array: 'class', classes: ['cat', 'dog'] },
      splits: { train: { file: 'pets', folder: 'train' }, test: { file: 'pets', folder: 'val' } },
    });
    expect(inspection.splits).toEqual({ train: 3, test: 2 });
    for (const note of notes) expect(text).toContain(`# ${note}`);
  });

  it('is channels last where the model is, bytes where it takes bytes, and warns where it has other classes', async () => {
    const keras = await guessed(await folders(), 'pets', model([value('x', ['batch', 32, 32, 3])]));
    expect(keras.manifest.inputs['*'].image).toMatchObject({ resize: [32, 32], layout: 'nhwc' });
    expect(keras.manifest.inputs['*'].preprocess[1]).toMatchObject({ op: 'normalize', axis: 2 });
    expect(keras.notes.join()).toContain('2 folders, and the model has 3 scores');
    const bytes = await guessed(await folders(), 'pets', model([value('x', [1, 96, 96, 1], 'uint8')]));
    expect(bytes.manifest.inputs['*']).toEqual({ image: expect.objectContaining({ color: 'gray', crop: 96 }) });
  });

  it.each(['float16', 'float64'])(
    'makes %s of floats where the model takes them, as of arrays and tables',
    async (type) => {
      const bytes = { a: numbers('u1', [6, 4, 4, 3]) };
      const guesses = [
        await guessed(await folders(), 'pets', model([value('image', ['batch', 3, 32, 32], type)])),
        await guessed({ 'a.npz': await writeNpz(bytes) }, 'a.npz', model([value('image', ['batch', 4, 4, 3], type)])),
        await guessed({ 'f.csv': 'a,b\n1,2\n3,4\n5,6\n7,8\n9,1\n' }, 'f.csv', model([value('in', ['batch', 2], type)])),
      ];
      const last = { op: 'cast', to: type };
      const scale = { op: 'scale', factor: 1 / 255 };
      const steps = guesses.map(({ manifest: { inputs } }) => inputs['*'].preprocess);
      expect(steps).toEqual([[scale, expect.objectContaining({ op: 'normalize' }), last], [scale, last], [last]]);
    },
  );

  it('has boxes where label files of YOLO lie beside them', async () => {
    const bytes = await picture();
    const files = {
      'road/images/train/a.png': bytes,
      'road/images/val/b.png': bytes,
      'road/labels/train/a.txt': '1 0.5 0.5 0.2 0.2\n',
      'road/data.yaml': 'names:\n  0: car\n  1: "bus"\n',
    };
    const { manifest, inspection } = await guessed(
      files,
      'road',
      model([value('images', ['batch', 3, 'height', 'width'])]),
    );
    expect(manifest).toMatchObject({
      inputs: { '*': { image: { letterbox: [640, 640], resample: 'INTER_LINEAR' } } },
      labels: { boxes: { form: 'yolo', most: 100 }, classes: ['car', 'bus'] },
      splits: { train: { file: 'road', folder: 'images/train' }, test: { folder: 'images/val' } },
    });
    expect(inspection).toMatchObject({ classes: null, targets: [100, 5] });
  });

  const annotations = (names: readonly string[]) =>
    JSON.stringify({
      images: names.map((name, id) => ({ id, file_name: name })),
      categories: [
        { id: 7, name: 'bus' },
        { id: 2, name: 'car' },
      ],
      annotations: names.map((_, id) => ({ image_id: id, category_id: 7, bbox: [0, 0, 2, 2] })),
    });

  it('finds the annotations of COCO beside each split in the folder, and leaves a split without any out', async () => {
    const bytes = await picture();
    const { inspection, manifest, text } = await guessed(
      {
        'road/train/a.jpg': bytes,
        'road/train/_annotations.coco.json': annotations(['a.jpg']),
        'road/valid/b.jpg': bytes,
        'road/notes.json': '{}',
      },
      'road',
      model([value('images', [1, 3, 'h', 'w'])]),
    );
    expect(manifest.splits).toEqual({
      train: { file: 'road', folder: 'train', labels: 'road/train/_annotations.coco.json' },
    });
    expect(manifest.labels).toEqual({ boxes: { form: 'coco', most: 100 }, classes: ['car', 'bus'] });
    expect(text).toContain('# no annotation file names the pictures of test: left out');
    expect(inspection).toMatchObject({ splits: { train: 1 }, targets: [100, 5] });
  });

  it('finds annotations of COCO beside the folder, for parts of it', async () => {
    const bytes = await picture();
    const names = Array.from({ length: 5 }, (_, i) => `${i}.jpg`);
    const files = Object.fromEntries(names.map((name) => [`road/${name}`, bytes]));
    const { inspection, manifest } = await guessed(
      { ...files, 'instances.json': annotations(names) },
      'road',
      model([value('images', [1, 3, 64, 64])]),
    );
    expect(manifest.splits.test).toMatchObject({ labels: 'instances.json', part: [0.8, 1] });
    expect(inspection.splits).toEqual({ train: 4, test: 1 });
  });

  it('parts one folder at random where none is called a split', async () => {
    const bytes = await picture();
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`pets/${i % 2 ? 'cat' : 'dog'}/${i}.png`, bytes]),
    );
    const { inspection } = await guessed(files, 'pets', model([value('x', [1, 3, 8, 8])]));
    expect(inspection.splits).toEqual({ train: 8, test: 2 });
  });

  it('has no labels where one picture lies in no class, and says so', async () => {
    const bytes = await picture();
    const files = { 'pets/cat/a.png': bytes, 'pets/dog/b.png': bytes, 'pets/stray.png': bytes };
    const { inspection, text } = await guessed(files, 'pets', model([value('x', [1, 3, 8, 8])]));
    expect(inspection.classes).toBeNull();
    expect(text).toContain('# no labels are guessed, as some files lie in folders of classes and others in none');
  });
});

describe('the guess for arrays', () => {
  it.each([
    [
      'as Keras names them',
      {
        x_train: numbers('u1', [8, 6, 6]),
        y_train: numbers('u1', [8]),
        x_test: numbers('u1', [4, 6, 6]),
        y_test: numbers('u1', [4]),
      },
      ['batch', 6, 6, 1],
    ],
    ['by shape', { images: numbers('u1', [8, 6, 6, 3]), labels: numbers('i8', [8]) }, ['batch', 3, 6, 6]],
    ['of doubles, in one row', { data: numbers('f8', [8, 36]), target: numbers('i8', [8]) }, ['batch', 1, 6, 6]],
  ])('%s, finds inputs, labels and splits', async (_, arrays, dims) => {
    const { inspection } = await guessed(
      { 'data.npz': writeNpz(arrays as Record<string, NpzArray>) },
      'data.npz',
      model([value('in', dims)]),
    );
    expect(inspection.classes).toBe(3);
    expect(Object.keys(inspection.splits)).toEqual(['train', 'test']);
  });

  it('takes labels from 1 and scores of one-hot for what they are, and files by their names for splits', async () => {
    const from1 = { dtype: 'i8' as const, dims: [6], data: BigInt64Array.of(1n, 2n, 3n, 1n, 2n, 3n) };
    const x = numbers('f4', [6, 4]);
    const hot = {
      dtype: 'f4' as const,
      dims: [6, 3],
      data: Float32Array.from({ length: 18 }, (_, i) => Number(i % 3 === Math.floor(i / 3) % 3)),
    };
    const of = model([value('x', ['batch', 4])]);
    const counted = await guessed(
      { 'd/train.npz': writeNpz({ x, y: from1 }), 'd/test.npz': writeNpz({ x, y: from1 }) },
      'd',
      of,
    );
    expect(counted).toMatchObject({
      path: 'd/dataset.yaml',
      manifest: { labels: { array: 'y', classes: 3, first: 1 } },
    });
    expect(counted.manifest.splits).toEqual({ train: { file: 'train.npz' }, test: { file: 'test.npz' } });
    const { manifest } = await guessed({ 'e.npz': writeNpz({ x, y: hot }) }, 'e.npz', of);
    expect(manifest.labels).toEqual({ array: 'y', classes: 3, oneHot: true });
  });

  it('looks past arrays whose elements no model takes', async () => {
    const bytes = Buffer.from(
      writeNpz({ x: numbers('f4', [6, 4]), objects: numbers('u1', [6]), y: numbers('i8', [6]) }),
    );
    bytes.write("'|O1'", bytes.indexOf("'|u1'"));
    const { manifest } = await guessed({ 'e.npz': bytes }, 'e.npz', model([value('x', ['batch', 4])]));
    expect(manifest).toMatchObject({ inputs: { '*': { array: 'x' } }, labels: { array: 'y', classes: 3 } });
  });

  it('says what there is and what is wanted where nothing fits', async () => {
    const guess = guessed(
      { 'e.npz': writeNpz({ x: numbers('f4', [6, 5]) }) },
      'e.npz',
      model([value('x', ['batch', 4])]),
    );
    expect((await errorOf(guess, 'dataset_array')).message).toContain('expected x: float32 [batch, 4], got x: [6, 5]');
    await errorOf(guessManifest('/nowhere/at/all', model([])), 'dataset_file');
  });
});

describe('the guess for tables and recordings', () => {
  it('feeds columns, and tokens with their mask', async () => {
    const flat = await guessed(
      { 'f.csv': 'a,b,kind\n1,2,x\n3,4,y\n5,6,z\n7,8,x\n9,1,y\n' },
      'f.csv',
      model([value('in', ['batch', 2])]),
    );
    expect(flat.manifest).toMatchObject({
      inputs: { '*': { columns: ['a..b'] } },
      labels: { array: 'kind', classes: ['x', 'y', 'z'] },
    });
    const european = await guessed(
      { 'f.csv': 'a;b;place;kind\n1,5;2;"x,y";u\n3;4,25;z;v\n5;6;x;u\n7;8;x;v\n9;1;x;u\n' },
      'f.csv',
      model([value('in', ['batch', 2])]),
    );
    expect(european.manifest).toMatchObject({ inputs: { '*': { columns: ['a..b'] } }, labels: { array: 'kind' } });
    expect(european.notes.join()).toMatch(/decimal commas.*"place": not numbers in every row/);
    const parquet = await readFile(fixture('trees.parquet'));
    const text = await guessed(
      { 't.parquet': parquet },
      't.parquet',
      model([value('input_ids', ['batch', 'length'], 'int64'), value('attention_mask', ['batch', 'length'], 'int64')]),
    );
    expect(text.manifest.inputs).toMatchObject({
      input_ids: { tokens: { column: 'input_ids', length: 128 } },
      attention_mask: { tokens: { column: 'input_ids', mask: true } },
    });
  });

  it.each([
    [['batch', 3, 8, 8], /2 columns of numbers, the input "in" takes \[batch, 3, 8, 8\]/],
    [['batch', 4], /2 columns of numbers, the input "in" takes \[batch, 4\]/],
    [['batch', 'width'], /^$/],
  ])('of columns that an input of %j does not take says so', async (dims, words) => {
    const files = { 'f.csv': 'a,b,kind\n1,2,x\n3,4,y\n5,6,z\n' };
    const notes = await withFolder(files, async (folder) => {
      return [...(await guessManifest(join(folder, 'f.csv'), model([value('in', dims)]))).notes.entries()];
    });
    expect(notes.flatMap(([field, text]) => (field === 'inputs.*' ? [text] : [])).join()).toMatch(words);
  });

  it('cuts windows for a model with a state, which is handed on, and feeds the rate', async () => {
    const wave = await readFile(fixture('wave16.wav'));
    const files = Object.fromEntries(['a/1', 'b/1', 'a/2', 'b/2', 'a/3'].map((name) => [`s/${name}.wav`, wave]));
    const { manifest, inspection } = await guessed(
      files,
      's',
      model(
        [value('input', ['', '']), value('state', [2, '', 128]), value('sr', [], 'int64')],
        [value('output', ['', 1]), value('stateN', ['', '', ''])],
      ),
    );
    expect(manifest).toMatchObject({
      inputs: {
        input: { audio: { rate: 16000, samples: 512, windows: 7 } },
        state: { state: { dims: [2, 128], output: 'stateN' }, batchAxis: 1 },
        sr: { constant: 16000, type: 'int64' },
      },
      sequence: { steps: 7 },
      labels: { array: 'class', classes: ['a', 'b'] },
    });
    expect(inspection.splits).toEqual({ train: 28, test: 7 });
  });

  it('makes mel bands for a model of pictures of sound', async () => {
    const wave = await readFile(fixture('wave16.wav'));
    const files = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`s/a/${i}.wav`, wave]));
    const { manifest } = await guessed(files, 's', model([value('x', ['batch', 1, 40, 101])]));
    expect(manifest.inputs['*']).toMatchObject({
      audio: { samples: 16000, mel: { bands: 40 } },
      preprocess: [{ op: 'reshape', dims: [1, 40, 101] }],
    });
  });
});
