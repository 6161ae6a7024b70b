import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DatasetError } from '../errors.js';
import { rowBytes, type BoxesForm, type LabelsPlace, type StoredArray } from '../stored-array.js';
import type { AnnotatedBox, BoxReader } from './box-reader.js';
import { annotationsIn, readCoco } from './coco.js';
import { decodedRows } from './decoded-rows.js';
import { openTree, type FileTree } from './file-tree.js';
import { fitOf } from './geometry.js';
import { pictureSize } from './picture.js';
import { yoloBoxes } from './yolo.js';

/** Numbers of a box: class, left, top, right, bottom. */
const BOX_NUMBERS = 5;

/**
 * The boxes of pictures as rows of class number, left, top, right and bottom in pixels of the picture that the model
 * gets; rows of class -1 fill up, those of `crowdClass` are crowds. Boxes are cut at its edges, and those that lie outside are left out. Throws
 * DatasetError.
 */
export async function openBoxes(
  form: BoxesForm,
  tree: FileTree,
  { file, samples, labels }: { file: string; samples: readonly string[]; labels: LabelsPlace | undefined },
): Promise<StoredArray> {
  const reader = await readerOf(form, tree, labels, file);
  const layout = { dtype: 'f4' as const, dims: [samples.length, form.most, BOX_NUMBERS] };
  const missing = reader.missing?.(samples) ?? [];
  return {
    name: 'boxes',
    ...layout,
    warnings: missing.length > 0 ? [notThere(nameOf(labels) ?? file, missing)] : [],
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

function notThere(file: string, [first = '', ...others]: readonly string[]): string {
  const which =
    others.length === 0 ? `picture ${first}, which is` : `${others.length + 1} pictures, ${first} first, which are`;
  return `${file}: it labels ${which} not in the split`;
}

/** The last name of the place of labels. */
function nameOf(labels: LabelsPlace | undefined): string | undefined {
  if (labels === undefined) return undefined;
  return basename('within' in labels ? labels.within : labels.beside);
}

async function readerOf(
  form: BoxesForm,
  tree: FileTree,
  labels: LabelsPlace | undefined,
  file: string,
): Promise<BoxReader> {
  if (form.form === 'coco') {
    if (labels && 'within' in labels) return readCoco(await tree.read(labels.within), basename(labels.within), form);
    if (labels) return readCoco(await annotationsIn(labels.beside), basename(labels.beside), form);
    throw new DatasetError('dataset_labels', 'nothing says where the annotations are', {
      file,
      wayOut: 'add labels: instances.json to the split in the manifest',
    });
  }
  // The pictures' own tree is closed with their file.
  if (labels === undefined) return { ...yoloBoxes(tree, form), close: () => undefined };
  if ('within' in labels)
    throw new DatasetError('dataset_labels', 'label files of YOLO within the folder are found by themselves', {
      file,
      wayOut: 'leave labels out of the split in the manifest',
    });
  await stat(labels.beside).catch((cause: unknown) => {
    throw new DatasetError('dataset_file', 'the folder of the labels is missing', { file }, { cause });
  });
  return yoloBoxes(await openTree(labels.beside), form);
}

function rowsOf(
  boxes: readonly AnnotatedBox[],
  size: { height: number; width: number },
  { most, image }: BoxesForm,
  picture: string,
): Uint8Array {
  const fit = fitOf(image, size.height, size.width);
  const [scaleX, scaleY] = [fit.resized.width / size.width, fit.resized.height / size.height];
  const within = (most: number, value: number) => Math.min(most, Math.max(0, value));
  const across = (x: number) => within(fit.width, x * scaleX + fit.left);
  const down = (y: number) => within(fit.height, y * scaleY + fit.top);
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
