import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetManifest } from '#contracts';
import { DatasetError } from '../errors.js';
import { annotationsIn, missingFrom, parseCoco, type Coco } from '../media/coco.js';
import type { FileTree } from '../media/file-tree.js';
import { inParts, type Scene } from './scene.js';

/** Annotation files that were found: what a split calls them, and what they hold. */
interface Annotations {
  labels: string;
  coco: Coco;
}

/** Splits with the annotations of their pictures, and what the labels are. */
export interface CocoGuess {
  splits: DatasetManifest['splits'];
  classes: string[];
  /** Boxes of the picture that has most. */
  most: number;
}

/** Files that may be annotations: captions, keypoints and panoptic ones lie beside those of boxes. */
const ANNOTATIONS = /\.json$/i;
const OTHERS = /caption|keypoint|panoptic|stuff|image_info/i;

/**
 * Boxes of COCO annotation files in a folder of pictures or beside it, for the splits by folder; a split that none of
 * them names a picture of is left out. Null where there are no such files.
 */
export async function guessCoco(
  tree: FileTree,
  { file, pictures }: { file: string; pictures: readonly string[] },
  splits: DatasetManifest['splits'],
  { folder, note }: Scene,
): Promise<CocoGuess | null> {
  const found = [...(await within(tree, file)), ...(await beside(folder))];
  const wholes = Object.keys(splits).length > 0 ? splits : inParts(file);
  const labelled: [string, NonNullable<DatasetManifest['splits']['train']>][] = [];
  const used = new Set<Annotations>();
  for (const [name, split] of Object.entries(wholes)) {
    const own = pictures.filter((path) => split.folder === undefined || path.startsWith(`${split.folder}/`));
    const best = bestOf(found, own);
    if (best === null) continue;
    used.add(best);
    labelled.push([name, { ...split, labels: best.labels }]);
  }
  if (labelled.length === 0) return null;
  const left = Object.keys(wholes).filter((name) => !labelled.some(([one]) => one === name));
  if (left.length > 0) note('splits', `no annotation file names the pictures of ${left.join(' and ')}: left out`);
  const names = (coco: Coco) => coco.categories.toSorted((a, b) => a.id - b.id).map((category) => category.name);
  const classes = [...new Set([...used].flatMap(({ coco }) => names(coco)))];
  note('labels', 'the categories of the annotations by their ids: make this the list of classes of the model');
  const most = Math.max(...[...used].map(({ coco }) => mostBoxes(coco)));
  return { splits: Object.fromEntries(labelled), classes, most };
}

/** The annotations that name most of the pictures, and fewest others: names may come again in other splits. */
function bestOf(found: readonly Annotations[], pictures: readonly string[]): Annotations | null {
  const counted = found.map((one) => ({
    one,
    count: one.coco.images.length - missingFrom(pictures, one.coco).length,
  }));
  const [best] = counted.toSorted((a, b) => b.count - a.count || a.one.coco.images.length - b.one.coco.images.length);
  return best && best.count > 0 ? best.one : null;
}

async function within(tree: FileTree, file: string): Promise<Annotations[]> {
  const paths = tree.paths.filter((path) => ANNOTATIONS.test(path) && !OTHERS.test(path));
  return annotated(
    paths,
    (path) => tree.read(path),
    (path) => `${file}/${path}`,
  );
}

async function beside(folder: string): Promise<Annotations[]> {
  const names = (await readdir(folder)).filter((name) => ANNOTATIONS.test(name) && !OTHERS.test(name));
  return annotated(
    names.toSorted(),
    (name) => annotationsIn(join(folder, name)),
    (name) => name,
  );
}

/** Those of the files that hold annotations with boxes. */
async function annotated(
  paths: readonly string[],
  read: (path: string) => Promise<Buffer>,
  labelsOf: (path: string) => string,
): Promise<Annotations[]> {
  const found: Annotations[] = [];
  for (const path of paths) {
    try {
      found.push({ labels: labelsOf(path), coco: parseCoco(await read(path), path) });
    } catch (error) {
      // Other JSON files may lie there; what is too long to be read is told.
      if (!(error instanceof DatasetError && error.code === 'dataset_format')) throw error;
    }
  }
  return found;
}

function mostBoxes({ annotations }: Coco): number {
  const counts = new Map<number | string, number>();
  for (const { image_id: image } of annotations) counts.set(image, (counts.get(image) ?? 0) + 1);
  return Math.max(1, ...counts.values());
}
