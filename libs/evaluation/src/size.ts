import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const compress = promisify(brotliCompress);

/**
 * Brotli quality by size: the highest takes 2 s per MB and gains 1 % over quality 9 on float weights, more on
 * quantized ones; so small models get 11, and larger ones what still ends within seconds.
 */
const BROTLI_QUALITIES: readonly { upToBytes: number; quality: number }[] = [
  { upToBytes: 512 * 1024, quality: 11 },
  { upToBytes: 64 * 1024 ** 2, quality: 9 },
  { upToBytes: Infinity, quality: 5 },
];

/** The quality at which compressedBytes compresses that many bytes. */
export function brotliQuality(bytes: number): number {
  return BROTLI_QUALITIES.find(({ upToBytes }) => bytes <= upToBytes)!.quality;
}

/** Bytes for transfer: brotli at {@link brotliQuality}, in a thread of its own. */
export async function compressedBytes(bytes: Uint8Array): Promise<number> {
  return (await compress(bytes, { params: brotliParams(bytes.length) })).length;
}

/** How so many bytes are compressed for their size. */
export function brotliParams(bytes: number): Record<number, number> {
  return {
    [constants.BROTLI_PARAM_QUALITY]: brotliQuality(bytes),
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes,
  };
}
