import { stat } from 'node:fs/promises';
import { DatasetError } from '../errors.js';
import { rowBytes, type BoxesForm, type StoredArray } from '../stored-array.js';
import type { Box, BoxReader } from './box-reader.js';
import { readCoco } from './coco.js';
import { decodedRows } from './decoded-rows.js';
import { openTree, type FileTree } from './file-tree.js';
import { fitOf } from './geometry.js';
import { pictureSize } from './picture.js';
import { yoloBoxes } from './yolo.js';

/** Numbers of a box: class, left, top, right, bottom. */
const BOX_NUMBERS = 5;

/**
 * The boxes of pictures as rows of class number, left, top, right and bottom in pixels of the picture that the model gets; rows of class -1 fill up.
 * Boxes are cut at its edges, and those that lie outside are left out. Throws DatasetError.
 */
export async function openBoxes(
  form: BoxesForm,
  tree: FileTree,
  { file, samples, labels }: { file: string; samples: readonly string[]; labels: string | undefined },
): Promise<StoredArray> {
  const reader = await readerOf(form, tree, labels, file);
  const layout = { dtype: 'f4' as const, dims: [samples.length, form.most, BOX_NUMBERS] };
  return {
    name: 'boxes',
    ...layout,
    async openRows() {
      const rows = await decodedRows(rowBytes(layout), 1, async (index) => {
        const picture = samples[index] ?? '';
        const size = await pictureSize(await tree.read(picture), picture);
        return rowsOf(await reader.read(picture, size), size, form, picture);
      });
      const close = () => (rows.close(), reader.close());
      return { ...rows, close };
    },
  };
}

async function readerOf(form: BoxesForm, tree: FileTree, labels: string | undefined, file: string): Promise<BoxReader> {
  if (form.form === 'coco') {
    if (labels !== undefined) return readCoco(labels, form);
    throw new DatasetError('dataset_labels', 'nothing says where the annotations are', {
      file,
      wayOut: 'add labels: instances.json to the split in the manifest',
    });
  }
  // The pictures' own tree is closed with their file.
  if (labels === undefined) return { ...yoloBoxes(tree, form), close: () => undefined };
  await stat(labels).catch((cause: unknown) => {
    throw new DatasetError('dataset_file', 'the folder of the labels is missing', { file }, { cause });
  });
  return yoloBoxes(await openTree(labels), form);
}

function rowsOf(
  boxes: readonly Box[],
  size: { height: number; width: number },
  { most, image }: BoxesForm,
  picture: string,
): Uint8Array {
  const fit = fitOf(image, size.height, size.width);
  const [scaleX, scaleY] = [fit.resized.width / size.width, fit.resized.height / size.height];
  const across = (x: number) => Math.min(fit.width, Math.max(0, x * scaleX + fit.left));
  const down = (y: number) => Math.min(fit.height, Math.max(0, y * scaleY + fit.top));
  const moved = boxes
    .map((box) => [box.class, across(box.left), down(box.top), across(box.right), down(box.bottom)] as const)
    .filter(([, left, top, right, bottom]) => right > left && bottom > top);
  if (moved.length > most)
    throw new DatasetError('dataset_labels', 'more boxes than the manifest allows', {
      file: picture,
      expected: `at most ${most}`,
      got: `${moved.length}`,
      wayOut: 'make most larger in the boxes of the labels',
    });
  const rows = new Float32Array(most * BOX_NUMBERS);
  for (let row = 0; row < most; row++) rows.set(moved[row] ?? [-1, 0, 0, 0, 0], row * BOX_NUMBERS);
  return new Uint8Array(rows.buffer);
}
