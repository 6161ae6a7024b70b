import type { ImageForm } from '#contracts';
import { DatasetError } from '../errors.js';
import { rowBytes, type StoredArray } from '../stored-array.js';
import { decodedRows } from './decoded-rows.js';
import type { FileTree } from './file-tree.js';
import { finalSize, fitOf, type Fit } from './geometry.js';
import { decodePicture, type Picture } from './picture.js';
import { resize } from './resample.js';

/**
 * The pictures of a folder as bytes of [channels, height, width] or [height, width, channels] each, decoded when they
 * are first read.
 */
export async function imageArray(form: ImageForm, tree: FileTree, samples: readonly string[]): Promise<StoredArray> {
  const [height, width] = finalSize(form) ?? (await firstSize(form, tree, samples));
  const channels = form.color === 'gray' ? 1 : 3;
  const dims = form.layout === 'nchw' ? [channels, height, width] : [height, width, channels];
  const layout = { dtype: 'u1' as const, dims: [samples.length, ...dims] };
  return {
    name: 'pictures',
    ...layout,
    openRows: () =>
      decodedRows(rowBytes(layout), 1, async (index) => {
        const file = samples[index] ?? '';
        return imageBytes(await decodePicture(await tree.read(file), file), form, { file, height, width });
      }),
  };
}

async function firstSize(form: ImageForm, tree: FileTree, samples: readonly string[]): Promise<[number, number]> {
  const [first = ''] = samples;
  const picture = await decodePicture(await tree.read(first), first);
  const { height, width } = fitOf(form, picture.height, picture.width);
  return [height, width];
}

/**
 * A decoded picture as the bytes of a sample. Throws DatasetError for one that does not come out in the size of the
 * others.
 */
export function imageBytes(
  picture: Picture,
  form: ImageForm,
  size: { file: string; height: number; width: number },
): Uint8Array {
  const fit = fitOf(form, picture.height, picture.width);
  if (fit.height !== size.height || fit.width !== size.width) {
    const expected = `${size.height} x ${size.width} (height x width)`;
    throw new DatasetError('dataset_shape', 'the picture has another size than the first', {
      file: size.file,
      expected,
      got: `${fit.height} x ${fit.width}`,
      wayOut: 'add resize and crop, or letterbox, to the image in the manifest',
    });
  }
  const resized = resize(picture, fit.resized.height, fit.resized.width, form.resample);
  return placed(resized, fit, form);
}

/** The pixels where the fit places them, in the order of channels and axes that the form asks for. */
function placed(
  { channels: from, width: sourceWidth, height: sourceHeight, data }: Picture,
  fit: Fit,
  form: ImageForm,
): Uint8Array {
  const { height, width, top, left } = fit;
  const read = channelReaders(form.color, from, data);
  const isFirst = form.layout === 'nchw';
  const [pixelStep, channelStep] = isFirst ? [1, height * width] : [read.length, 1];
  const result = new Uint8Array(height * width * read.length);
  if (fit.fill !== 0) result.fill(fit.fill);
  for (let y = Math.max(0, top); y < Math.min(height, top + sourceHeight); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + sourceWidth); x++) {
      const pixel = ((y - top) * sourceWidth + x - left) * from;
      const target = (y * width + x) * pixelStep;
      for (let c = 0; c < read.length; c++) result[target + c * channelStep] = read[c]?.(pixel) ?? 0;
    }
  }
  return result;
}

type Read = (pixel: number) => number;

/**
 * How each channel of the result is read at a pixel. Gray is 0.299 R + 0.587 G + 0.114 B (ITU-R 601), in PIL's fixed
 * point.
 */
function channelReaders(color: ImageForm['color'], channels: number, data: Uint8Array): Read[] {
  const at =
    (channel: number): Read =>
    (pixel) =>
      data[pixel + channel] ?? 0;
  const isGray = channels < 3;
  if (color !== 'gray') {
    const channelOf = (c: number) => (color === 'rgb' ? c : 2 - c);
    return [0, 1, 2].map((c) => at(isGray ? 0 : channelOf(c)));
  }
  if (isGray) return [at(0)];
  const [red, green, blue] = [at(0), at(1), at(2)];
  const luma: Read = (pixel) => (red(pixel) * 19595 + green(pixel) * 38470 + blue(pixel) * 7471 + 0x8000) >> 16;
  return [luma];
}
