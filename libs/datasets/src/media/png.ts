import { loadSharp } from './picture.js';

/** Pictures smaller than this are shown larger, so that a pixel can be seen. */
const LEAST_SIDE = 224;

/**
 * A sample as a PNG: [height, width], with one or three channels before or after them. The least value is black and the
 * greatest white, over all channels, so that colours keep their order: a picture in BGR looks blue where it should be
 * red.
 */
export async function pngOf(dims: readonly number[], values: Float64Array): Promise<Buffer> {
  const { height, width, channels, isFirst } = shapeOf(dims);
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const scale = most > least ? 255 / (most - least) : 0;
  const pixels = new Uint8Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++)
    for (let c = 0; c < channels; c++) {
      const at = isFirst ? c * height * width + pixel : pixel * channels + c;
      pixels[pixel * channels + c] = Math.round(((values[at] ?? least) - least) * scale);
    }
  const sharp = loadSharp();
  const factor = Math.max(1, Math.ceil(LEAST_SIDE / Math.max(height, width)));
  const raw = { width, height, channels: channels as 1 | 3 };
  const picture = sharp(pixels, { raw });
  const larger = picture.resize(width * factor, height * factor, { kernel: 'nearest', fit: 'fill' });
  return larger.png().toBuffer();
}

function shapeOf(dims: readonly number[]): { height: number; width: number; channels: number; isFirst: boolean } {
  const [a = 1, b = 1, c = 1] = dims;
  if (dims.length === 2) return { height: a, width: b, channels: 1, isFirst: true };
  const isFirst = a === 1 || a === 3;
  if (isFirst) return { height: b, width: c, channels: a, isFirst };
  return { height: a, width: b, channels: c, isFirst };
}
