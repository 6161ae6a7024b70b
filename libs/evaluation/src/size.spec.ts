import { randomBytes } from 'node:crypto';
import { compressedBytesQuietly } from './quiet-size.js';
import { brotliQuality, compressedBytes } from './size.js';

describe('compressedBytes', () => {
  it('is small for what repeats and honest for what does not', async () => {
    expect(await compressedBytes(new Uint8Array(100_000))).toBeLessThan(100);
    const size = await compressedBytes(randomBytes(10_000));
    expect(size).toBeGreaterThanOrEqual(10_000);
    expect(size).toBeLessThan(10_100);
  });

  it.each([1000, 600_000])('is the same figure where it is computed quietly (%d bytes)', async (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * index) % 251);
    expect(await compressedBytesQuietly(bytes)).toBe(await compressedBytes(bytes));
  });

  it('compresses harder the smaller the model is', () => {
    expect([1000, 10 ** 6, 10 ** 8].map(brotliQuality)).toEqual([11, 9, 5]);
  });
});
