import { DatasetError } from '../errors.js';
import type { BoxesForm } from '../stored-array.js';
import type { Box, BoxReader } from './box-reader.js';
import type { FileTree } from './file-tree.js';

/**
 * Boxes from label files of YOLO: `class x y width height` on each line, the centre and size as shares of the picture. A file has the path of its
 * picture with .txt, and `labels` in place of the last folder `images`; a picture without one has no boxes.
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

function boxIn(
  text: string,
  place: { file: string; line: number; classes: number; height: number; width: number },
): Box {
  const numbers = text.trim().split(/\s+/).map(Number);
  const [name = NaN, x = NaN, y = NaN, w = NaN, h = NaN] = numbers;
  const isClass = Number.isInteger(name) && name >= 0 && name < place.classes;
  if (!isClass || numbers.length < 5 || ![x, y, w, h].every(Number.isFinite))
    throw new DatasetError('dataset_labels', `line ${place.line}`, {
      file: place.file,
      expected: `class (0..${place.classes - 1}), x, y, width, height`,
      got: `"${text.trim().slice(0, 60)}"`,
      wayOut: 'correct the line, or classes in the manifest',
    });
  return {
    class: name,
    left: (x - w / 2) * place.width,
    top: (y - h / 2) * place.height,
    right: (x + w / 2) * place.width,
    bottom: (y + h / 2) * place.height,
  };
}
