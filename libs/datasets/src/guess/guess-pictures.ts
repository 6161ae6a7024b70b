import { ImageForm, type DatasetManifest, type Preprocess, type ValueSummary } from '#contracts';
import { CLASS, PICTURES } from '../media/folder.js';
import type { FileTree } from '../media/file-tree.js';
import { castFloats, takesFractions } from './fit-input.js';
import { foldersOf, labelsByFolder } from './folders.js';
import { guessCoco, type CocoGuess } from './guess-coco.js';
import { inParts, keyOf, type Found, type Scene } from './scene.js';

/** Sides of pictures where the model leaves them open. */
const SIDE = 224;
const DETECTOR_SIDE = 640;
/** Torchvision resizes to 256 what it cuts 224 out of. */
const MARGIN = 256 / 224;
/** Mean and deviation of ImageNet in 0..1, which most published nets were trained with. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** A data set of pictures: size, colours and layout as the model's input has them; classes by folder, or boxes. */
export async function guessPictures(tree: FileTree, file: string, scene: Scene): Promise<Found> {
  const { model, note } = scene;
  const pictures = tree.paths.filter((path) => PICTURES.test(path));
  const input = model.inputs.find(({ dims }) => dims?.length === 4) ?? model.inputs[0];
  const splits = foldersOf(pictures, file);
  const coco = await guessCoco(tree, { file, pictures }, splits, scene);
  const boxes = coco ? cocoBoxes(coco) : await boxesIn(tree, pictures);
  const { image, preprocess } = formFor(input, boxes !== null);
  const key = input ? keyOf(model, input) : '*';
  note(
    `inputs.${key}`,
    boxes
      ? 'the whole picture, letterboxed, RGB from 0 to 1, as YOLO is trained: `datasets preview` shows it'
      : 'size, order of colours, mean and std are those of ImageNet: make them those of the training; `datasets preview` shows it',
  );
  const classes = boxes ? boxes.classes : labelsByFolder(pictures, splits, scene);
  const labels = boxes ? labelsOfBoxes(boxes) : { array: CLASS, classes: classes ?? [] };
  const parts = Object.keys(splits).length > 0 ? splits : inParts(file);
  const labelled = classes ? { labels } : {};
  return { inputs: { [key]: { image, preprocess } }, ...labelled, splits: coco?.splits ?? parts };
}

function cocoBoxes({ classes, most }: CocoGuess): Boxes {
  return { form: 'coco', most: Math.max(MOST_BOXES, most), classes };
}

function labelsOfBoxes({ form, most, classes }: Boxes) {
  return { boxes: { form, most }, classes };
}

function formFor(input: ValueSummary | undefined, isDetector: boolean): { image: ImageForm; preprocess: Preprocess[] } {
  const dims = input?.dims ?? [];
  const isLast = dims.length === 4 && (dims[3] === 3 || dims[3] === 1);
  const channels = isLast ? dims[3] : dims[1];
  const side = (dim: number | string | undefined) =>
    typeof dim === 'number' && dim > 1 ? dim : isDetector ? DETECTOR_SIDE : SIDE;
  const sides = isLast ? [dims[1], dims[2]] : [dims[2], dims[3]];
  const [height = SIDE, width = SIDE] = sides.map(side);
  const size = isDetector ? letterboxed(height, width) : classifierSize(height, width);
  const image = ImageForm.parse({ ...size, layout: isLast ? 'nhwc' : 'nchw', color: channels === 1 ? 'gray' : 'rgb' });
  const toFloats = takesFractions(input?.type) ? floats(isDetector, isLast, channels === 1) : [];
  return { image, preprocess: [...toFloats, ...castFloats(input?.type)] };
}

function letterboxed(height: number, width: number): Partial<ImageForm> {
  return { letterbox: [height, width], resample: 'INTER_LINEAR' };
}

function classifierSize(height: number, width: number): Partial<ImageForm> {
  if (height !== width || height < 64) return { resize: [height, width] };
  return { resize: Math.round(height * MARGIN), crop: height };
}

function floats(isDetector: boolean, isLast: boolean, isGray: boolean): Preprocess[] {
  const scale: Preprocess = { op: 'scale', factor: 1 / 255 };
  if (isDetector || isGray) return [scale];
  return [scale, { op: 'normalize', ...IMAGENET, axis: isLast ? 2 : 0 }];
}

interface Boxes {
  form: 'yolo' | 'coco';
  most: number;
  classes: NonNullable<NonNullable<DatasetManifest['labels']>['classes']>;
}

const MOST_BOXES = 100;

/** Label files of YOLO beside pictures, or in folders of labels. */
async function boxesIn(tree: FileTree, pictures: readonly string[]): Promise<Boxes | null> {
  const known = new Set(tree.paths);
  const files = pictures
    .map((path) => path.replace(/\.[^./]*$/, '.txt'))
    .flatMap((path) => [path.replace(/(^|\/)images\//, '$1labels/'), path].filter((one) => known.has(one)).slice(0, 1));
  if (files.length === 0) return null;
  let [highest, most] = [0, 1];
  for (const file of files) {
    const text = (await tree.read(file)).toString('utf8');
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    most = Math.max(most, lines.length);
    for (const line of lines) {
      const [number] = line.trim().split(/\s+/);
      highest = Math.max(highest, Math.trunc(Number(number)) || 0);
    }
  }
  return { form: 'yolo', most: Math.max(MOST_BOXES, most), classes: (await namesIn(tree)) ?? highest + 1 };
}

/** Names of the classes in a data.yaml of YOLO: `names: [a, b]`, or a line for each. */
async function namesIn(tree: FileTree): Promise<string[] | null> {
  const file = tree.paths.find((path) => /^[^/]*\.ya?ml$/i.test(path));
  if (file === undefined) return null;
  const text = (await tree.read(file)).toString('utf8');
  const inline = /^names:\s*\[(.*)\]/m.exec(text)?.[1];
  const listed = /^names:\s*\n((?:\s+(?:-|\d+:).*\n?)+)/m.exec(text)?.[1];
  const lines = listed?.split('\n').map((line) => line.replace(/^\s*(-|\d+:)/, ''));
  const names = inline?.split(',') ?? lines;
  const bare = names?.map((name) => name.trim().replace(/^['"]|['"]$/g, ''));
  const found = bare?.filter((name) => name !== '');
  return found && found.length > 0 ? found : null;
}
