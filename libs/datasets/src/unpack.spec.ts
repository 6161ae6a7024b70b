import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { errorOf } from './test-dataset.js';
import { spillToFile, unpackToMemory, type Unpacked } from './unpack.js';

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));

function unpacked(change: Partial<Unpacked> = {}): Unpacked {
  const chunks = Array.from({ length: 10 }, (_, i) => BYTES.subarray(i * 100, (i + 1) * 100));
  return {
    stream: Readable.from(chunks),
    bytes: BYTES.length,
    crc32: crc32(BYTES),
    where: { file: 'f.npz', array: 'x' },
    ...change,
  };
}

const leftovers = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('coldpress-array-'));

describe('unpacked arrays', () => {
  it('are read row by row from a temporary file that leaves nothing behind', async () => {
    const before = await leftovers();
    const rows = await spillToFile(unpacked(), 100, 9);
    expect(await leftovers()).toEqual(before);
    const target = new Uint8Array(18);
    rows.read(3, target);
    expect(Buffer.from(target).equals(BYTES.subarray(127, 145))).toBe(true);
    expect(() => rows.read(100, new Uint8Array(9))).toThrow(/ended early/);
    rows.close();
  });

  it.each<[string, Partial<Unpacked>]>([
    ['hold more than declared', { bytes: 950 }],
    ['hold less than declared', { bytes: 1001 }],
    ['have another checksum', { crc32: 1 }],
  ])('are refused where they %s', async (_, change) => {
    await errorOf(unpackToMemory(unpacked(change)), 'dataset_format');
    await errorOf(spillToFile(unpacked(change), 0, 1), 'dataset_format');
  });
});
