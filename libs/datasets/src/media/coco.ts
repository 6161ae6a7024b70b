import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { crowdClass } from '#contracts';
import { DatasetError } from '../errors.js';
import { MAX_COCO_BYTES } from '../limits.js';
import type { BoxesForm } from '../stored-array.js';
import type { AnnotatedBox, BoxReader } from './box-reader.js';

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
export type Coco = z.infer<typeof Coco>;

/**
 * Boxes of a COCO annotation file called `file`. Categories have the numbers of their names in the manifest's list of classes, or of
 * their order by id, and crowds those of `crowdClass`. Throws DatasetError, for a category that is no class, and for a picture that
 * the file does not name.
 */
export function readCoco(bytes: Buffer, file: string, form: BoxesForm): BoxReader {
  const coco = parseCoco(bytes, file);
  const classes = classNumbers(coco, form, file);
  const { byId, byName } = listed(coco, file);
  for (const { image_id: image, category_id: category, bbox, iscrowd } of coco.annotations) {
    const number = classes.get(category);
    if (number === undefined) continue;
    const [left, top, width, height] = bbox;
    const boxes =
      byId.get(image) ??
      unknown(file, `it has an annotation of picture ${image}, which it does not list`, 'add it to images');
    boxes.push({ class: iscrowd ? crowdClass(number) : number, left, top, right: left + width, bottom: top + height });
  }
  const read: BoxReader['read'] = async (picture) =>
    boxesOf(picture, byName) ??
    unknown(file, `it names no picture ${picture}`, 'leave the picture out, or name the folder of the annotated ones');
  return { read, missing: (pictures) => missingFrom(pictures, coco), close: () => undefined };
}

/**
 * The lists of boxes of the pictures, empty yet, by id and by what a picture is called: its path, and its name alone
 * where no other has it.
 */
function listed(
  { images }: Coco,
  file: string,
): { byId: Map<number | string, AnnotatedBox[]>; byName: Map<string, AnnotatedBox[]> } {
  const byId = new Map<number | string, AnnotatedBox[]>();
  const byPath = new Map<string, AnnotatedBox[]>();
  const byName = new Map<string, AnnotatedBox[]>();
  const shared = new Set<string>();
  for (const { id, file_name: path } of images) {
    if (byPath.has(path)) unknown(file, `two pictures are called ${path}`, 'give each its path in file_name');
    const boxes: AnnotatedBox[] = [];
    byId.set(id, boxes);
    byPath.set(path, boxes);
    const name = basename(path);
    if (byName.has(name)) shared.add(name);
    byName.set(name, boxes);
  }
  for (const name of shared) byName.delete(name);
  return { byId, byName: new Map([...byName, ...byPath]) };
}

/** Pictures of the file, by the paths that it gives them, that are none of the given ones. */
export function missingFrom(pictures: readonly string[], { images }: Coco): string[] {
  const endsOf = (path: string) => path.split('/').map((_, index, parts) => parts.slice(index).join('/'));
  const there = new Set(pictures.flatMap(endsOf));
  const isThere = (path: string) => there.has(path) || there.has(basename(path));
  return images.map(({ file_name: path }) => path).filter((path) => !isThere(path));
}

/** The boxes of a picture by the end of its path, the longest that is known. */
function boxesOf(picture: string, byName: ReadonlyMap<string, AnnotatedBox[]>): AnnotatedBox[] | undefined {
  const parts = picture.split('/');
  const ends = parts.map((_, index) => parts.slice(index).join('/'));
  const known = ends.find((end) => byName.has(end));
  return known === undefined ? undefined : byName.get(known);
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

/** The bytes of an annotation file. Throws DatasetError for one that is missing or too large. */
export async function annotationsIn(path: string): Promise<Buffer> {
  const file = basename(path);
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
  return readFile(path);
}

/** Throws DatasetError for what is no annotation file with boxes. */
export function parseCoco(bytes: Buffer, file: string): Coco {
  try {
    return Coco.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new DatasetError(
      'dataset_format',
      'not a COCO annotation file: it has no images, categories and annotations with boxes',
      { file, wayOut: 'export it as COCO JSON for object detection' },
      { cause },
    );
  }
}
