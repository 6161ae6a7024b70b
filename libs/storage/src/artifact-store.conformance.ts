import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ArtifactStore, Source } from './artifact-store.js';
import {
  DigestMismatchError,
  ObjectNotFoundError,
  RangeNotSatisfiableError,
  SourceError,
  TooLargeError,
} from './errors.js';

/** An adapter under test, and the ways to look behind its back. */
export interface Subject {
  open(): Promise<ArtifactStore>;
  /** Changes the stored bytes without the store's knowledge. */
  damage(digest: string, bytes: Buffer): Promise<void>;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const LARGE_BYTES = 20 * 1024 ** 2;

/** What every artifact store guarantees, whatever it stores in. */
export function describeArtifactStore(name: string, subject: () => Promise<Subject>): void {
  describe(name, () => {
    let adapter: Subject;
    let store: ArtifactStore;
    let folder: string;

    beforeAll(async () => {
      adapter = await subject();
      store = await adapter.open();
      folder = await mkdtemp(join(tmpdir(), 'coldpress-storage-'));
    });

    afterAll(async () => {
      await store.close();
      await rm(folder, { recursive: true });
    });

    const read = async (digest: string): Promise<Buffer> => buffer((await store.get(digest)).stream);

    it.each([
      ['nothing at all', 0],
      ['a few bytes', 1000],
      ['20 MiB in parts', LARGE_BYTES],
    ])('returns %s as they were put', async (_what, size) => {
      const bytes = randomBytes(size);
      const stored = await store.put(inPieces(bytes));
      expect(stored).toEqual({ digest: sha256(bytes), bytes: size, deduplicated: false });
      expect(await store.stat(stored.digest)).toEqual({ bytes: size });
      expect((await read(stored.digest)).equals(bytes)).toBe(true);
    });

    it('takes a buffer, a stream, a generator and a file alike', async () => {
      const bytes = randomBytes(5000);
      const path = join(folder, 'same');
      await writeFile(path, bytes);
      const sources: Source[] = [bytes, Readable.from([bytes.subarray(0, 17), bytes.subarray(17)]), inPieces(bytes)];
      const stored = [...(await Promise.all(sources.map((source) => store.put(source)))), await store.putFile(path)];
      expect(stored.map(({ digest }) => digest)).toEqual(Array(4).fill(sha256(bytes)));
    });

    it('stores the same bytes once', async () => {
      const bytes = randomBytes(2000);
      expect((await store.put(bytes)).deduplicated).toBe(false);
      expect((await store.put(bytes)).deduplicated).toBe(true);
    });

    it('keeps the bytes whole when several put and read them at a time', async () => {
      const bytes = randomBytes(300_000);
      const second = await adapter.open();
      await Promise.all(Array.from({ length: 12 }, (_, index) => (index % 2 ? store : second).put(inPieces(bytes))));
      const all = await Promise.all(Array.from({ length: 6 }, () => read(sha256(bytes))));
      expect(all.every((one) => one.equals(bytes))).toBe(true);
      await second.close();
    });

    it('refuses bytes that are not the expected ones, and keeps none of them', async () => {
      const bytes = randomBytes(100);
      await expect(store.put(bytes, { expectedDigest: sha256(randomBytes(1)) })).rejects.toThrow(DigestMismatchError);
      expect(await store.stat(sha256(bytes))).toBeNull();
    });

    it('refuses more bytes than allowed, and leaves the stream open for an answer', async () => {
      const bytes = randomBytes(100_000);
      const source = new PassThrough();
      source.write(bytes);
      await expect(store.put(source, { maxBytes: 60_000 })).rejects.toThrow(TooLargeError);
      expect(source.destroyed).toBe(false);
      expect(await store.stat(sha256(bytes))).toBeNull();
    });

    it('keeps nothing of an upload that breaks off', async () => {
      const bytes = randomBytes(100_000);
      const broken = async function* (): AsyncGenerator<Buffer> {
        yield bytes;
        throw new TypeError('connection lost');
      };
      await expect(store.put(broken())).rejects.toThrow(SourceError);
      expect(await store.stat(sha256(bytes))).toBeNull();
      expect(await store.sweep(0)).toBe(0);
    });

    it('knows nothing of what was never put', async () => {
      const digest = sha256(randomBytes(1));
      expect(await store.stat(digest)).toBeNull();
      await expect(store.get(digest)).rejects.toThrow(ObjectNotFoundError);
      await expect(store.getToFile(digest, join(folder, 'never'))).rejects.toThrow(ObjectNotFoundError);
    });

    it('forgets what is deleted, also twice', async () => {
      const { digest } = await store.put(randomBytes(100));
      await store.delete(digest);
      await store.delete(digest);
      expect(await store.stat(digest)).toBeNull();
    });

    it.each([
      ['from the middle', { start: 10, end: 19 }, 10, 20],
      ['to the end', { start: 990 }, 990, 1000],
      ['from the start', { end: 4 }, 0, 5],
      ['with an end behind the last byte', { start: 995, end: 5000 }, 995, 1000],
    ])('reads a range %s', async (_what, range, from, to) => {
      const bytes = randomBytes(1000);
      const { digest } = await store.put(bytes);
      const { stream, bytes: count } = await store.get(digest, range);
      expect(count).toBe(to - from);
      expect((await buffer(stream)).equals(bytes.subarray(from, to))).toBe(true);
    });

    it.each([{ start: 1000 }, { start: 20, end: 10 }])('refuses the range %j of 1000 bytes', async (range) => {
      const { digest } = await store.put(randomBytes(1000));
      await expect(store.get(digest, range)).rejects.toThrow(RangeNotSatisfiableError);
    });

    it('writes a checked file, or leaves it as it was', async () => {
      const bytes = randomBytes(100_000);
      const { digest } = await store.put(bytes);
      const path = join(folder, 'model.onnx');
      await store.getToFile(digest, path);
      await adapter.damage(digest, randomBytes(100_000));
      await expect(store.getToFile(digest, path)).rejects.toThrow(DigestMismatchError);
      expect((await readFile(path)).equals(bytes)).toBe(true);
      expect((await readdir(folder)).filter((file) => /model.onnx|partial/.test(file))).toEqual(['model.onnx']);
    });

    it.each([
      ['changed', 300_000],
      ['cut short', 200_000],
    ])('never passes on the last piece of bytes that were %s', async (_what, size) => {
      const { digest } = await store.put(randomBytes(300_000));
      await adapter.damage(digest, randomBytes(size));
      let received = 0;
      const reading = async (): Promise<void> => {
        for await (const piece of (await store.get(digest)).stream) received += (piece as Buffer).byteLength;
      };
      await expect(reading()).rejects.toThrow(DigestMismatchError);
      expect(received).toBeLessThan(size);
    });

    it('gives up a read without harm', async () => {
      const bytes = randomBytes(1_000_000);
      const { digest } = await store.put(bytes);
      const { stream } = await store.get(digest);
      stream.destroy();
      expect((await read(digest)).equals(bytes)).toBe(true);
    });
  });
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.byteLength; offset += 65_536) yield bytes.subarray(offset, offset + 65_536);
}
