import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DamagedCheckpointError } from '../errors.js';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js';

const CHECKPOINT = {
  run: 'this run',
  epochs: 3,
  steps: { student: 12, generator: 7 },
  vectors: new Map([
    ['weights', Float32Array.of(1.5, -2, 0.1)],
    ['momentum', new Float32Array(0)],
    ['second', Float32Array.of(7)],
  ]),
  memo: [{ best: 0.5 }, null],
};

describe('a checkpoint', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-checkpoint-'));
    file = join(folder, 'checkpoint');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read as it was written, in place of an older one', async () => {
    await saveCheckpoint(file, { ...CHECKPOINT, epochs: 2 });
    await saveCheckpoint(file, CHECKPOINT);
    expect(await loadCheckpoint(file, 'this run')).toEqual(CHECKPOINT);
  });

  it('is none where there is no file, or that of another run', async () => {
    expect(await loadCheckpoint(file, 'this run')).toBeNull();
    await saveCheckpoint(file, CHECKPOINT);
    expect(await loadCheckpoint(file, 'another run')).toBeNull();
  });

  it.each<[string, (whole: Buffer) => Buffer]>([
    ['its end is missing', (whole) => whole.subarray(0, whole.length - 4)],
    ['something stands behind it', (whole) => Buffer.concat([whole, Buffer.alloc(4)])],
    ['its header is cut off', (whole) => whole.subarray(0, 20)],
    ['its header is something else', (whole) => Buffer.concat([whole.subarray(0, 4), Buffer.alloc(whole.length, 'x')])],
    ['it is empty', () => Buffer.alloc(0)],
  ])('is refused as damaged where %s', async (_what, spoil) => {
    await saveCheckpoint(file, CHECKPOINT);
    await writeFile(file, spoil(await readFile(file)));
    await expect(loadCheckpoint(file, 'this run')).rejects.toThrow(DamagedCheckpointError);
  });
});
