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
  const sources = sourcesOf(form.color, from);
  const [pixelStep, channelStep] = form.layout === 'nchw' ? [1, height * width] : [sources.length, 1];
  const result = new Uint8Array(height * width * sources.length);
  if (fit.fill !== 0) result.fill(fit.fill);
  const [firstRow, firstColumn] = [Math.max(0, top), Math.max(0, left)];
  const columns = Math.min(width, left + sourceWidth) - firstColumn;
  for (let y = firstRow; y < Math.min(height, top + sourceHeight); y++) {
    const source = { at: ((y - top) * sourceWidth + firstColumn - left) * from, step: from };
    for (const [c, channel] of sources.entries()) {
      const target = { at: (y * width + firstColumn) * pixelStep + c * channelStep, step: pixelStep };
      if (channel === 'luma') lumaRow(data, result, source, target, columns);
      else channelRow(data, result, { ...source, at: source.at + channel }, target, columns);
    }
  }
  return result;
}

/** Where a row begins, and how far its pixels are apart. */
interface Row {
  at: number;
  step: number;
}

function channelRow(data: Uint8Array, result: Uint8Array, source: Row, target: Row, columns: number): void {
  let [from, to] = [source.at, target.at];
  for (let x = 0; x < columns; x++) {
    result[to] = data[from]!;
    from += source.step;
    to += target.step;
  }
}

/** Gray is 0.299 R + 0.587 G + 0.114 B (ITU-R 601), in PIL's fixed point. */
function lumaRow(data: Uint8Array, result: Uint8Array, source: Row, target: Row, columns: number): void {
  let [from, to] = [source.at, target.at];
  for (let x = 0; x < columns; x++) {
    result[to] = (data[from]! * 19595 + data[from + 1]! * 38470 + data[from + 2]! * 7471 + 0x8000) >> 16;
    from += source.step;
    to += target.step;
  }
}

/** The channel of a picture that each channel of the result is read from. */
function sourcesOf(color: ImageForm['color'], channels: number): (number | 'luma')[] {
  const isGray = channels < 3;
  if (color === 'gray') return [isGray ? 0 : 'luma'];
  if (isGray) return [0, 0, 0];
  return color === 'rgb' ? [0, 1, 2] : [2, 1, 0];
}
