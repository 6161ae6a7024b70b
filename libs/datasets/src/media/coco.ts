import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { DatasetError } from '../errors.js';
import { MAX_COCO_BYTES } from '../limits.js';
import type { BoxesForm } from '../stored-array.js';
import type { Box, BoxReader } from './box-reader.js';

/** What is read of a COCO annotation file. */
const Coco = z.object({
  images: z.array(z.object({ id: z.union([z.number(), z.string()]), file_name: z.string() })),
  categories: z.array(z.object({ id: z.number(), name: z.string() })),
  annotations: z.array(
    z.object({
      image_id: z.union([z.number(), z.string()]),
      category_id: z.number(),
      bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      iscrowd: z.number().optional(),
    }),
  ),
});
type Coco = z.infer<typeof Coco>;

/**
 * Boxes of a COCO annotation file. Categories have the numbers of their names in the manifest's list of classes, or of their order by id; crowds are
 * left out. Throws DatasetError, for a category that is no class, and for a picture that the file does not name.
 */
export async function readCoco(path: string, form: BoxesForm): Promise<BoxReader> {
  const file = basename(path);
  const coco = await parsed(path, file);
  const classes = classNumbers(coco, form, file);
  const byImage = new Map<string, Box[]>();
  for (const { file_name: name } of coco.images) byImage.set(basename(name), []);
  const names = new Map(coco.images.map(({ id, file_name: name }) => [id, basename(name)]));
  for (const { image_id: image, category_id: category, bbox, iscrowd } of coco.annotations) {
    const number = classes.get(category);
    if (iscrowd || number === undefined) continue;
    const [left, top, width, height] = bbox;
    byImage.get(names.get(image) ?? '')?.push({ class: number, left, top, right: left + width, bottom: top + height });
  }
  const read: BoxReader['read'] = async (picture) =>
    byImage.get(basename(picture)) ??
    unknown(file, `it names no picture ${picture}`, 'leave the picture out, or name the folder of the annotated ones');
  return { read, close: () => undefined };
}

function classNumbers({ categories }: Coco, { classes }: BoxesForm, file: string): Map<number, number> {
  const sorted = categories.toSorted((a, b) => a.id - b.id);
  if (!classes.names) {
    if (sorted.length <= classes.count) return new Map(sorted.map(({ id }, number) => [id, number]));
    return unknown(
      file,
      `it has ${sorted.length} categories, the manifest ${classes.count} classes`,
      'correct classes',
    );
  }
  const { names } = classes;
  const missing = sorted.find(({ name }) => !names.includes(name));
  if (missing) return unknown(file, `its category "${missing.name}" is no class of the manifest`, 'add it to classes');
  return new Map(sorted.map(({ id, name }) => [id, names.indexOf(name)]));
}

function unknown(file: string, what: string, wayOut: string): never {
  throw new DatasetError('dataset_labels', what, { file, wayOut });
}

async function parsed(path: string, file: string): Promise<Coco> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new DatasetError(
      'dataset_file',
      'the file is missing',
      { file, wayOut: 'put it beside the manifest' },
      { cause },
    );
  });
  if (size > MAX_COCO_BYTES)
    throw new DatasetError('dataset_limit', 'annotations too long', {
      file,
      expected: `at most ${MAX_COCO_BYTES} bytes`,
    });
  try {
    return Coco.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new DatasetError(
      'dataset_format',
      'not a COCO annotation file: it has no images, categories and annotations with boxes',
      { file, wayOut: 'export it as COCO JSON for object detection' },
      { cause },
    );
  }
}
