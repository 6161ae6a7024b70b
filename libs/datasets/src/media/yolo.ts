import { DatasetError } from '../errors.js';
import type { BoxesForm } from '../stored-array.js';
import type { AnnotatedBox, BoxReader } from './box-reader.js';
import type { FileTree } from './file-tree.js';

/**
 * Boxes from label files of YOLO: `class x y width height` on each line, the centre and size as shares of the picture,
 * and perhaps a confidence; or `class x y x y x y …`, the outline of a segment, of which the box around it is taken. A
 * file has the path of its picture with .txt, and `labels` in place of the last folder `images`; a picture without one
 * has no boxes. Throws DatasetError for a line that is neither, as one of pixels.
 */
export function yoloBoxes(tree: FileTree, form: BoxesForm): BoxReader {
  const known = new Set(tree.paths);
  const read: BoxReader['read'] = async (picture, { height, width }) => {
    const file = labelFile(picture, known);
    if (file === null) return [];
    const lines = (await tree.read(file)).toString('utf8').split('\n');
    return lines.flatMap((text, index) => {
      if (text.trim() === '') return [];
      return [boxIn(text, { file, line: index + 1, classes: form.classes.count, height, width })];
    });
  };
  return { read, close: () => tree.close() };
}

function labelFile(picture: string, known: ReadonlySet<string>): string | null {
  const text = `${picture.replace(/\.[^./]*$/, '')}.txt`;
  const moved = text.replace(/(^|\/)images\/(?!.*\/images\/)/, '$1labels/');
  return [moved, text].find((path) => known.has(path)) ?? null;
}

interface Place {
  file: string;
  line: number;
  classes: number;
  height: number;
  width: number;
}

function boxIn(text: string, place: Place): AnnotatedBox {
  const [name = NaN, ...shares] = text.trim().split(/\s+/).map(Number);
  const isClass = Number.isInteger(name) && name >= 0 && name < place.classes;
  const edges = isClass && shares.every(isShare) ? edgesIn(shares) : null;
  if (!edges) throw wrongLine(text, place);
  const [left, top, right, bottom] = edges;
  const { width, height } = place;
  return { class: name, left: left * width, top: top * height, right: right * width, bottom: bottom * height };
}

/** Shares may be over the edge by what a labelling tool rounds; pixels are far above. */
const ROUNDING = 0.01;
const isShare = (value: number): boolean => value >= -ROUNDING && value <= 1 + ROUNDING;

/** Left, top, right and bottom of a box or of a segment's outline; null for what is neither. */
function edgesIn(shares: readonly number[]): [number, number, number, number] | null {
  if (shares.length === 4 || shares.length === 5) {
    const [x = NaN, y = NaN, width = NaN, height = NaN] = shares;
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
  }
  if (shares.length < 6 || shares.length % 2 > 0) return null;
  const across = shares.filter((_, index) => index % 2 === 0);
  const down = shares.filter((_, index) => index % 2 > 0);
  const [left, right] = [Math.min(...across), Math.max(...across)];
  return [left, Math.min(...down), right, Math.max(...down)];
}

function wrongLine(text: string, { file, line, classes }: Place): DatasetError {
  const expected = `class (0..${classes - 1}), x, y, width, height, all four as shares of the picture from 0 to 1`;
  return new DatasetError('dataset_labels', `line ${line}`, {
    file,
    expected,
    got: `"${text.trim().slice(0, 60)}"`,
    wayOut: 'correct the line, or classes in the manifest; divide pixels by width and height of the picture',
  });
}
