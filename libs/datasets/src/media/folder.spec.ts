import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { errorOf, withFolder } from '../test-dataset.js';
import { fixture } from '../fixtures.fixture.js';
import { inspectDataset } from '../inspect.js';
import { openDataset } from '../open-dataset.js';
import { fitOf } from './geometry.js';
import { packFolder } from './pack-folder.js';
import { ImageForm } from '#contracts';

/** A picture of one colour, with another in its right half. */
const picture = (width: number, height: number, left: string, right = left): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: left } })
    .composite([
      {
        input: { create: { width: Math.floor(width / 2), height, channels: 3, background: right } },
        left: Math.ceil(width / 2),
        top: 0,
      },
    ])
    .png()
    .toBuffer();

async function write(folder: string, files: Record<string, Uint8Array | string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** Packs a folder into an archive of that name in its place. */
async function pack(folder: string, name: string, to = name): Promise<void> {
  await packFolder(join(folder, name), join(folder, 'packed'));
  await rm(join(folder, name), { recursive: true });
  await rename(join(folder, 'packed'), join(folder, to));
}

const manifest = (change: object = {}) =>
  JSON.stringify({
    name: 'colours',
    inputs: { '*': { image: { resize: [2, 4], resample: 'nearest' } } },
    labels: { array: 'class', classes: ['blue', 'red'] },
    splits: { test: { file: 'pictures' } },
    ...change,
  });

const colours = async () => ({
  'dataset.json': manifest(),
  'pictures/red/a.png': await picture(8, 4, '#ff0000'),
  'pictures/red/b.png': await picture(8, 4, '#ff0000', '#800000'),
  'pictures/blue/c.png': await picture(16, 8, '#0000ff'),
  'pictures/blue/.hidden.png': 'no picture',
  'pictures/notes.txt': 'as taken',
  'pictures/red/d.psd': 'no picture that is read',
});

async function batchOf(folder: string) {
  const dataset = await openDataset(folder);
  try {
    for await (const batch of dataset.batches('test', { batchSize: 10 })) return batch;
    throw new Error('no batch');
  } finally {
    await dataset.close();
  }
}

const bytesOf = (batch: Awaited<ReturnType<typeof batchOf>>) => [...Object.values(batch.inputs)[0]!.data].map(Number);

describe('links in a folder', () => {
  it('to pictures and to folders of them are followed, one that leads back to where it lies is not', () =>
    withFolder({}, async (folder) => {
      await write(folder, await colours());
      await rename(join(folder, 'pictures/blue'), join(folder, 'elsewhere'));
      await rename(join(folder, 'pictures/red/b.png'), join(folder, 'b.png'));
      await symlink(join(folder, 'elsewhere'), join(folder, 'pictures/blue'));
      await symlink('../../b.png', join(folder, 'pictures/red/b.png'));
      await symlink('..', join(folder, 'pictures/red/around'));
      expect((await inspectDataset(folder)).splits).toEqual({ test: 3 });
      await pack(folder, 'pictures');
      expect((await inspectDataset(folder)).splits).toEqual({ test: 3 });
    }));

  it('that lead nowhere are refused by name', () =>
    withFolder({}, async (folder) => {
      await write(folder, await colours());
      await symlink('gone.png', join(folder, 'pictures/red/e.png'));
      const error = await errorOf(inspectDataset(folder), 'dataset_file');
      expect(error.message).toMatch(/red\/e\.png: this link leads nowhere; remove the link/);
    }));
});

describe('pictures in folders by class', () => {
  it.each(['a folder', 'an archive', 'an archive by its ending'])(
    'are samples whose classes take turns, from %s',
    (form) =>
      withFolder({}, async (folder) => {
        await write(folder, await colours());
        if (form === 'an archive') await pack(folder, 'pictures');
        if (form === 'an archive by its ending') {
          await pack(folder, 'pictures', 'pictures.zip');
          await write(folder, { 'dataset.json': manifest({ splits: { test: { file: 'pictures.zip' } } }) });
        }
        const batch = await batchOf(folder);
        expect(batch.inputs['*']).toMatchObject({ type: 'uint8', dims: [3, 3, 2, 4] });
        expect([...batch.labels!]).toEqual([0, 1, 1]);
        const red = bytesOf(batch).slice(48, 56);
        expect(red).toEqual([255, 255, 128, 128, 255, 255, 128, 128]);
        const { warnings, classNames, classes } = await inspectDataset(folder);
        expect({ classes, classNames }).toEqual({ classes: 2, classNames: ['blue', 'red'] });
        expect(warnings).toEqual([expect.stringContaining('red/d.psd was left out')]);
      }),
  );

  it('warn of classes whose names differ in case alone', () =>
    withFolder({}, async (folder) => {
      await write(folder, { ...(await colours()), 'pictures/Red/e.png': await picture(8, 4, '#ff0000') });
      await rm(join(folder, 'pictures/red/d.psd'));
      const labels = { array: 'class', classes: ['blue', 'red', 'Red'] };
      await write(folder, { 'dataset.json': manifest({ labels }) });
      const { warnings } = await inspectDataset(folder);
      expect(warnings).toEqual([
        'pictures: "Red" and "red" differ in case alone and are classes of their own: are they one?',
      ]);
    }));

  it('warn of folders that hold nothing', () =>
    withFolder({}, async (folder) => {
      await write(folder, await colours());
      await rm(join(folder, 'pictures/red/d.psd'));
      await mkdir(join(folder, 'pictures/green/deep'), { recursive: true });
      const { warnings } = await inspectDataset(folder);
      expect(warnings).toEqual(['pictures: the folder green is empty: no sample is of it']);
    }));

  it('are of the class whose name looks the same, and what is told of both splits is told once', () =>
    withFolder({}, async (folder) => {
      const composed = 'k\u00fche';
      const file = { file: 'pictures' };
      await write(folder, {
        [`pictures/${composed.normalize('NFD')}/a.png`]: await picture(8, 4, 'red'),
        'pictures/cows/b.png': await picture(8, 4, 'red'),
        'pictures/c.bmp': 'left out',
        'dataset.json': manifest({
          labels: { array: 'class', classes: ['cows', composed] },
          splits: { test: file, train: file },
        }),
      });
      expect([...(await batchOf(folder)).labels!]).toEqual([0, 1]);
      expect((await inspectDataset(folder)).warnings).toHaveLength(1);
    }));

  it('in the order of channels and axes that the manifest asks for', () =>
    withFolder({}, async (folder) => {
      await write(folder, { 'pictures/x.png': await picture(2, 1, '#010203', '#040506') });
      const forms = {
        nhwc: [1, 2, 3, 4, 5, 6],
        nchw: [1, 4, 2, 5, 3, 6],
      };
      for (const [layout, expected] of Object.entries(forms)) {
        const inputs = { '*': { image: { layout } } };
        await write(folder, { 'dataset.json': manifest({ inputs, labels: undefined }) });
        expect(bytesOf(await batchOf(folder))).toEqual(expected);
        await write(folder, {
          'dataset.json': manifest({ inputs: { '*': { image: { layout, color: 'bgr' } } }, labels: undefined }),
        });
        const turned = layout === 'nhwc' ? [3, 2, 1, 6, 5, 4] : [3, 6, 2, 5, 1, 4];
        expect(bytesOf(await batchOf(folder))).toEqual(turned);
      }
      await write(folder, {
        'dataset.json': manifest({ inputs: { '*': { image: { color: 'gray' } } }, labels: undefined }),
      });
      // 0.299, 0.587 and 0.114 of them.
      expect(bytesOf(await batchOf(folder))).toEqual([2, 5]);
    }));

  it('of one folder within, upright, cut out of the middle', () =>
    withFolder({}, async (folder) => {
      await mkdir(join(folder, 'pictures/test/one'), { recursive: true });
      await cp(fixture('turned.jpg'), join(folder, 'pictures/test/one/a.jpg'));
      await write(folder, {
        'pictures/train/one/b.png': await picture(9, 9, 'red'),
        'dataset.json': manifest({
          inputs: { '*': { image: { resize: 10, crop: [8, 6] } } },
          labels: { array: 'class', classes: ['one'] },
          splits: { test: { file: 'pictures', folder: 'test' } },
        }),
      });
      expect((await batchOf(folder)).inputs['*']!.dims).toEqual([1, 3, 8, 6]);
    }));

  it.each([
    [
      'a picture of another size',
      { inputs: { '*': { image: {} } } },
      /c\.png|[ab]\.png: the picture has another size than the first.*letterbox/,
    ],
    [
      'a folder that is no class',
      { labels: { array: 'class', classes: ['blue', 'green'] } },
      /label of sample 1: expected "blue", "green", got "red"/,
    ],
    ['no recordings', { inputs: { '*': { audio: { rate: 16000, samples: 10 } } } }, /no \.wav files in it/],
    ['no such folder', { splits: { test: { file: 'pictures', folder: 'val' } } }, /pictures\/val: no pictures in it/],
    ['a file that leads out', { splits: { test: { file: '../pictures' } } }, /a file name, not a path/],
    ['a folder that leads out', { splits: { test: { file: 'pictures', folder: '../x' } } }, /names of folders/],
  ])('or refused: %s', (_, change, message) =>
    withFolder({}, async (folder) => {
      await write(folder, { ...(await colours()), 'dataset.json': manifest(change) });
      await expect(batchOf(folder)).rejects.toThrow(message);
    }),
  );

  it('or refused where one cannot be decoded, at inspection already and by its name', () =>
    withFolder({}, async (folder) => {
      await write(folder, { ...(await colours()), 'pictures/red/e.png': 'no picture' });
      expect((await errorOf(inspectDataset(folder), 'dataset_format')).message).toContain(
        'red/e.png: not a readable picture',
      );
    }));
});

describe('where a picture goes', () => {
  const fit = (form: object, height: number, width: number) => {
    const { resized, top, left } = fitOf(ImageForm.parse(form), height, width);
    return [resized.height, resized.width, top + 0, left + 0];
  };

  it('is where torchvision and YOLO place it', () => {
    expect(fit({ resize: 256, crop: 224 }, 375, 500)).toEqual([256, 341, -16, -58]);
    expect(fit({ resize: 232, crop: 224 }, 500, 333)).toEqual([348, 232, -62, -4]);
    expect(fit({ letterbox: 640 }, 480, 640)).toEqual([480, 640, 80, 0]);
    expect(fit({ letterbox: 320 }, 427, 640)).toEqual([214, 320, 53, 0]);
    expect(fit({ letterbox: [320, 640] }, 640, 427)).toEqual([320, 214, 0, 213]);
    // Smaller than what is cut out: it is filled around, as by torchvision.
    expect(fit({ crop: 10 }, 6, 8)).toEqual([6, 8, 2, 1]);
  });
});

describe('boxes on pictures', () => {
  const boxes = (form: string, split: object) =>
    manifest({
      inputs: { '*': { image: { letterbox: 40 } } },
      labels: { boxes: { form, most: 2 }, classes: ['cat', 'dog'] },
      splits: { test: { file: 'images', ...split } },
    });
  const expected = [
    // 80 x 40 becomes 40 x 20, ten pixels below the top.
    [1, 10, 12.5, 20, 17.5],
    [-1, 0, 0, 0, 0],
  ];

  it.each([
    ['yolo', 'beside', {}, 'images/a.txt'],
    ['yolo', 'in a folder of labels', { labels: 'labels' }, 'labels/a.txt'],
    ['yolo', 'in a folder within', { folder: 'train/images' }, 'images/train/labels/a.txt'],
  ])('%s, %s, are moved with them', (form, _, split: object, file) =>
    withFolder({}, async (folder) => {
      await write(folder, {
        [`images/${'folder' in split ? String(split.folder) : ''}/a.png`]: await picture(80, 40, 'red'),
        [file]: '1 0.375 0.25 0.25 0.25\n',
        'dataset.json': boxes(form, split),
      });
      const { targets, labels } = await batchOf(folder);
      expect(labels).toBeNull();
      expect(targets).toMatchObject({ dims: [1, 2, 5] });
      expect([...targets!.data]).toEqual(expected.flat());
    }),
  );

  const withYolo = (lines: string) =>
    withFolder({}, async (folder) => {
      await write(folder, {
        'images/a.png': await picture(80, 40, 'red'),
        'images/a.txt': lines,
        'dataset.json': boxes('yolo', {}),
      });
      return batchOf(folder);
    });

  it('of YOLO are around a segment, and none where the file is empty', async () => {
    const around = await withYolo('1 0.25 0.25 0.5 0.125 0.5 0.375 0.375 0.25\n');
    expect([...around.targets!.data]).toEqual(expected.flat());
    expect([...(await withYolo('\r\n')).targets!.data]).toEqual([-1, 0, 0, 0, 0, -1, 0, 0, 0, 0]);
  });

  it.each([
    ['pixels in place of shares', '1 30 10 20 10\n'],
    ['a class below 0', '-1 0.5 0.5 0.1 0.1\n'],
    ['half a point', '1 0.1 0.1 0.2 0.2 0.3 0.3 0.4\n'],
  ])('of YOLO are refused: %s', async (_, lines) => {
    await expect(withYolo(lines)).rejects.toThrow(/a\.txt: line 1: expected class .* shares of the picture/);
  });

  const coco = (change: object = {}) =>
    JSON.stringify({
      images: [{ id: 7, file_name: 'a.png' }],
      categories: [
        { id: 18, name: 'dog' },
        { id: 17, name: 'cat' },
      ],
      annotations: [
        { image_id: 7, category_id: 18, bbox: [20, 5, 20, 10], iscrowd: 0 },
        { image_id: 7, category_id: 17, bbox: [0, 0, 80, 40], iscrowd: 1 },
      ],
      ...change,
    });

  const withCoco = async (annotations: string) =>
    withFolder({}, async (folder) => {
      await write(folder, {
        'images/a.png': await picture(80, 40, 'red'),
        'instances.json': annotations,
        'dataset.json': boxes('coco', { labels: 'instances.json' }),
      });
      return batchOf(folder);
    });

  it('of COCO warn of annotated pictures that are not there', () =>
    withFolder({}, async (folder) => {
      const images = [
        { id: 7, file_name: 'a.png' },
        { id: 8, file_name: 'lost/b.png' },
      ];
      await write(folder, {
        'images/a.png': await picture(80, 40, 'red'),
        'instances.json': coco({ images }),
        'dataset.json': boxes('coco', { labels: 'instances.json' }),
      });
      const { warnings } = await inspectDataset(folder);
      expect(warnings).toEqual(['instances.json: it labels picture lost/b.png, which is not in the split']);
    }));

  it('of COCO are classes by name, and crowds told apart', async () => {
    const [dog] = expected;
    const crowdOfCats = [-2, 0, 10, 40, 30];
    expect([...(await withCoco(coco())).targets!.data]).toEqual([...(dog ?? []), ...crowdOfCats]);
  });

  it.each([
    [
      'a category that is no class',
      coco({ categories: [{ id: 18, name: 'horse' }] }),
      /its category "horse" is no class/,
    ],
    ['a picture that it does not name', coco({ images: [], annotations: [] }), /names no picture a\.png/],
    ['no annotations', '{}', /not a COCO annotation file/],
    [
      'too many boxes',
      coco({ annotations: Array.from({ length: 3 }, () => ({ image_id: 7, category_id: 18, bbox: [1, 1, 5, 5] })) }),
      /at most 2, got 3/,
    ],
  ])('or refused: %s', async (_, annotations, message) => {
    await expect(withCoco(annotations)).rejects.toThrow(message);
  });

  const twoFolders = (images: object[]) =>
    withFolder({}, async (folder) => {
      const red = await picture(80, 40, 'red');
      const annotations = [{ image_id: 8, category_id: 18, bbox: [20, 5, 20, 10] }];
      await write(folder, {
        'images/x/a.png': red,
        'images/y/a.png': red,
        'instances.json': coco({ images, annotations }),
        'dataset.json': boxes('coco', { labels: 'instances.json' }),
      });
      return batchOf(folder);
    });

  it('of COCO are told apart by the folders of pictures of one name', async () => {
    const images = [
      { id: 7, file_name: 'x/a.png' },
      { id: 8, file_name: 'y/a.png' },
    ];
    const none = [-1, 0, 0, 0, 0];
    expect([...(await twoFolders(images)).targets!.data]).toEqual([...none, ...none, ...expected.flat()]);
  });

  it('of COCO are refused where two pictures have one name', async () => {
    const images = [
      { id: 7, file_name: 'a.png' },
      { id: 8, file_name: 'a.png' },
    ];
    await expect(twoFolders(images)).rejects.toThrow(/two pictures are called a\.png/);
  });

  it('of COCO are refused where they are of a picture that the file does not list', async () => {
    const annotations = [{ image_id: 9, category_id: 18, bbox: [1, 1, 5, 5] }];
    await expect(withCoco(coco({ annotations }))).rejects.toThrow(/annotation of picture 9, which it does not list/);
  });

  it('or refused where a line is no box', () =>
    withFolder({}, async (folder) => {
      await write(folder, {
        'images/a.png': await picture(8, 4, 'red'),
        'images/a.txt': '0 0.5 0.5 0.1 0.1\n2 0.5 0.5 0.1 0.1\n',
        'dataset.json': boxes('yolo', {}),
      });
      await expect(batchOf(folder)).rejects.toThrow(
        /a\.txt: line 2: expected class \(0\.\.1\), x, y, width, height, .* got "2 0\.5/,
      );
    }));
});

describe('recordings in folders by class', () => {
  it('are windows of samples, each a sample of the data set, and silence after their end', () =>
    withFolder({}, async (folder) => {
      for (const name of ['a', 'b'])
        await write(folder, { [`sounds/${name}/x.wav`]: await readFile(fixture('wave16.wav')) });
      const audio = { rate: 11025, samples: 1000, hop: 900, windows: 4 };
      await write(folder, {
        'dataset.json': manifest({
          inputs: { '*': { audio } },
          labels: { array: 'class', classes: ['a', 'b'] },
          splits: { test: { file: 'sounds' } },
        }),
      });
      const { inputs, labels } = await batchOf(folder);
      expect(inputs['*']).toMatchObject({ type: 'float32', dims: [8, 1000] });
      expect([...labels!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
      const wave = inputs['*']!.data as Float32Array;
      expect([...wave.subarray(900, 1000)]).toEqual([...wave.subarray(1000, 1100)]);
      // The recording has 2756 samples; the last window begins at 2700.
      expect([...wave.subarray(3056, 4000)].every((value) => value === 0)).toBe(true);
    }));
});
