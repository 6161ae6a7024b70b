import { createRequire } from 'node:module';
import type Sharp from 'sharp';
import { DatasetError } from '../errors.js';
import { MAX_PIXELS } from '../limits.js';

/** A decoded picture: rows of pixels, `channels` bytes each. */
export interface Picture {
  height: number;
  width: number;
  channels: number;
  data: Uint8Array;
}

let loaded: typeof Sharp | undefined;

/**
 * The library, which only data sets of pictures wait for: stage processes are one file of compiled code, which can
 * require and not import. One file at a time per thread of the pool, and nothing kept: memory stays flat.
 */
export function loadSharp(): typeof Sharp {
  if (loaded) return loaded;
  loaded = createRequire(import.meta.url)('sharp') as typeof Sharp;
  loaded.cache(false);
  loaded.concurrency(1);
  return loaded;
}

/**
 * Decodes a picture to 8-bit sRGB, upright as its EXIF orientation says. Transparency is dropped, 16 bits are cut to 8,
 * and CMYK becomes RGB by PIL's formula; colour profiles are left aside, as PIL and OpenCV do. Throws DatasetError that
 * names the file.
 */
export async function decodePicture(bytes: Buffer, file: string): Promise<Picture> {
  const sharp = loadSharp();
  try {
    const options = { limitInputPixels: MAX_PIXELS, failOn: 'error' } as const;
    const upright = sharp(bytes, { ...options, ignoreIcc: true })
      .autoOrient()
      .removeAlpha();
    const { space } = await upright.metadata();
    if (space === 'cmyk') upright.pipelineColourspace('cmyk');
    const pixels = upright.toColourspace(SPACES[space] ?? 'srgb').raw({ depth: 'uchar' });
    const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
    const picture = { height: info.height, width: info.width, channels: info.channels, data };
    return space === 'cmyk' ? fromInks(picture) : picture;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const isLarge = /pixel limit/i.test(message);
    if (!isLarge) {
      const facts = { file, wayOut: 'replace it or leave it out' };
      throw new DatasetError('dataset_format', `not a readable picture: ${faultOf(bytes, message)}`, facts, { cause });
    }
    const facts = { file, expected: `at most ${MAX_PIXELS} pixels`, wayOut: 'make it smaller' };
    throw new DatasetError('dataset_limit', 'picture too large', facts, { cause });
  }
}

/** Beginnings of the formats that are read, without WebP and AVIF, which begin with a size. */
const BEGINNINGS = [/^\xff\xd8/, /^\x89PNG/, /^GIF8/, /^(II|MM)/, /^RIFF....WEBP/s, /^....ftyp/s];

/** What is wrong with a picture in our own words: those of the library name its parts. */
function faultOf(bytes: Buffer, message: string): string {
  const begin = bytes.subarray(0, 16).toString('latin1');
  if (bytes.length === 0) return 'the file is empty';
  if (!BEGINNINGS.some((pattern) => pattern.test(begin))) return 'it is no JPEG, PNG, WebP, GIF, TIFF or AVIF';
  return /premature|truncated|end of (file|stream|input)|too short/i.test(message)
    ? 'it is cut short'
    : 'its bytes are damaged';
}

/** Colour spaces that are kept as they are until the pixels are there; all others become sRGB. */
const SPACES: Record<string, 'b-w' | 'cmyk'> = { 'b-w': 'b-w', grey16: 'b-w', cmyk: 'cmyk' };

/** (255 - ink) · (255 - black) / 255 for each of red, green and blue. */
function fromInks({ height, width, channels, data }: Picture): Picture {
  const rgb = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const light = 255 - (data[pixel * channels + 3] ?? 0);
    for (let c = 0; c < 3; c++) {
      const ink = (data[pixel * channels + c] ?? 0) * light;
      rgb[pixel * 3 + c] = light - Math.round(ink / 255);
    }
  }
  return { height, width, channels: 3, data: rgb };
}

/** Height and width of a picture, upright, from its header alone. Throws DatasetError. */
export async function pictureSize(bytes: Buffer, file: string): Promise<{ height: number; width: number }> {
  const sharp = loadSharp();
  const { autoOrient } = await sharp(bytes)
    .metadata()
    .catch((cause: unknown) => {
      throw new DatasetError('dataset_format', 'not a readable picture', { file }, { cause });
    });
  return { height: autoOrient.height, width: autoOrient.width };
}
