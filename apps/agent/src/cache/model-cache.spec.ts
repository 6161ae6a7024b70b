import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadableStream } from 'node:stream/web';
import { DownloadError } from '../errors.js';
import { ModelCache } from './model-cache.js';

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const bytesOf = (text: string) => async () => new Blob([text]).stream() as ReadableStream<Uint8Array>;
const never = () => Promise.reject(new Error('asked the server'));

describe('models on the disk of a device', () => {
  let folder: string;
  let cache: ModelCache;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-models-'));
    cache = new ModelCache(folder, 10);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are downloaded once', async () => {
    const path = await cache.file(digestOf('model'), bytesOf('model'));
    expect(await readFile(path, 'utf8')).toBe('model');
    expect(await cache.file(digestOf('model'), never)).toBe(path);
  });

  it('are thrown away when their bytes are others than their name says, and nothing is left', async () => {
    await expect(cache.file(digestOf('model'), bytesOf('mode1'))).rejects.toThrow(DownloadError);
    await expect(cache.file(digestOf('model'), bytesOf('mode1'))).rejects.toMatchObject({ code: 'download' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('are downloaded anew when the file was damaged', async () => {
    const path = await cache.file(digestOf('model'), bytesOf('model'));
    await writeFile(path, 'mod');
    await cache.file(digestOf('model'), bytesOf('model'));
    expect(await readFile(path, 'utf8')).toBe('model');
  });

  it('go when they are more than the limit allows, longest unused first, but for those in use', async () => {
    const texts = ['aaaa', 'bbbb', 'cccc', 'dddd'];
    for (const [age, text] of texts.entries())
      await utimes(await cache.file(digestOf(text), bytesOf(text)), 1000 + age, 1000 + age);
    await cache.sweep([digestOf('aaaa')]);
    const left = (await readdir(folder)).sort();
    expect(left).toEqual(['aaaa', 'dddd'].map((text) => `${digestOf(text)}.onnx`).sort());
  });
});
