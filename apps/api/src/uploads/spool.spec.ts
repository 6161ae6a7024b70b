import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseConfig } from '#contracts';
import { SourceError, TooLargeError } from '#storage';
import { assertFileName, Spool, spoolFile } from './spool.js';

describe('an upload on its way', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-spool-'));
    path = join(folder, 'file');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const source = (...pieces: string[]) => Readable.from(pieces.map((piece) => Buffer.from(piece)));

  it('is written whole, and known by digest and size', async () => {
    const digest = createHash('sha256').update('some bytes').digest('hex');
    expect(await spoolFile(source('some ', 'bytes'), path, 10)).toEqual({ path, digest, bytes: 10 });
    expect(await readFile(path, 'utf8')).toBe('some bytes');
  });

  it('is refused at the first byte beyond its limit, and its stream left open for the answer', async () => {
    const stream = source('some ', 'bytes', 'more');
    await expect(spoolFile(stream, path, 9)).rejects.toThrow(TooLargeError);
    expect(stream.destroyed).toBe(false);
  });

  it('that breaks off is told as such, not as a fault of ours', async () => {
    const broken = Readable.from(
      (function* () {
        yield Buffer.from('some');
        throw new Error('socket hang up');
      })(),
    );
    await expect(spoolFile(broken, path, 99)).rejects.toThrow(SourceError);
  });

  it('never replaces a file that is there', async () => {
    await spoolFile(source('first'), path, 99);
    await expect(spoolFile(source('second'), path, 99)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(path, 'utf8')).toBe('first');
  });

  it('has a folder of its own, which goes however the upload ends', async () => {
    const spool = new Spool(
      parseConfig({
        COLDPRESS_DATABASE_URL: 'postgres://unused',
        COLDPRESS_STORE_URL: 'file:///unused',
        COLDPRESS_WORK_PATH: folder,
      }),
    );
    const seen: string[] = [];
    const use = (own: string) => spoolFile(source('x'), join(own, String(seen.push(own))), 9);
    await spool.withFolder(use);
    const failing = spool.withFolder(async (own) => {
      await use(own);
      throw new Error('the file is no model');
    });
    await expect(failing).rejects.toThrow('no model');
    expect(new Set(seen).size).toBe(2);
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
  });
});

describe('the name of a file of an upload', () => {
  it.each(['train.npz', 'a b.npy', 'é.csv'])('may be %s', (name) => {
    expect(() => assertFileName(name)).not.toThrow();
  });

  it.each(['', '.', '..', '../x', 'a/b', 'a\\b', '/etc/passwd', 'a\0b'])(
    'is refused where it is a path: %j',
    (name) => {
      expect(() => assertFileName(name)).toThrow('cannot be the name of a file');
    },
  );

  it('is counted in bytes, as the disk counts it', () => {
    expect(() => assertFileName('é'.repeat(200))).toThrow('400 bytes');
  });
});
