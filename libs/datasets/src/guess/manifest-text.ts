import { Document, isMap, isScalar, isSeq, visit } from 'yaml';
import type { Guess } from './guess.js';

/** A guessed manifest as YAML, with what to look at as comments, short lists on one line. */
export function manifestText({ manifest, notes }: Guess): string {
  const document = new Document(plain(manifest));
  document.commentBefore =
    ' Guessed: look at it, and at what `coldpress datasets preview` shows, before you trust a figure.';
  for (const [path, note] of notes) {
    const node = document.getIn(path.split('.').slice(0, 2), true);
    if (isMap(node) || isScalar(node)) node.commentBefore = ` ${note}`;
  }
  visit(document, {
    Map: (_, node) => void (node.flow = isShort(node) && !node.commentBefore),
    Seq: (_, node) => void (node.flow = node.items.every(isScalar)),
  });
  return document.toString({ lineWidth: 120, flowCollectionPadding: true });
}

const isShort = (node: { items: { value: unknown }[] }): boolean =>
  node.items.length <= 6 &&
  node.items.every(({ value }) => isScalar(value) || (isSeq(value) && value.items.every(isScalar)));

/** What is left out by default is not written. */
function plain(manifest: Guess['manifest']): unknown {
  const text = JSON.stringify(manifest, (key, value: unknown) => {
    if (key === 'start' && value === 0) return undefined;
    return key === 'preprocess' && Array.isArray(value) && value.length === 0 ? undefined : value;
  });
  return JSON.parse(text);
}
