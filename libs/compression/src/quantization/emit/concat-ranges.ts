import { outputOf, type Graph, type NodeProto } from '#onnx';
import type { CalibratedRange } from '../calibration/calibrate.js';
import type { ValueRange } from '../grid/arithmetic.js';
import { activatedOutput, clampsAtZero } from './int8-readers.js';
import type { PairSite } from './placement.js';

type Ranges = ReadonlyMap<string, CalibratedRange>;

/**
 * Ranges with which Concat copies integers where it can, in place of rounding them once more:
 * - what it gives has the range of all that it reads: nothing else comes in, and an input as wide keeps its grid;
 * - an input that nothing else reads takes the range of the output, on which it would have been rounded in the end.
 *
 * Ranges of `settled` values stay as they are.
 */
export function alignConcats(
  graph: Graph,
  sites: readonly PairSite[],
  ranges: Ranges,
  settled: ReadonlySet<string>,
): Map<string, CalibratedRange> {
  const sourceOf = new Map(sites.map(({ value, source }) => [value, source]));
  const decided = new Set([...settled, ...sites.flatMap(({ source, range }) => (range ? [source] : []))]);
  const aligned = new Map(ranges);
  const concats = graph.nodes.filter((node) => {
    const output = node.opType === 'Concat' ? outputOf(node) : '';
    return sourceOf.get(output) === output && node.input.every((value) => sourceOf.has(value));
  });
  for (const concat of concats) {
    const output = outputOf(concat);
    if (decided.has(output) || activatedOutput(graph, concat) !== output) continue;
    const read = concat.input.flatMap((value) => aligned.get(sourceOf.get(value)!) ?? []);
    aligned.set(output, { ...union(read), saturation: 0 });
  }
  for (const concat of concats.toReversed()) {
    const range = aligned.get(outputOf(concat));
    for (const value of concat.input) {
      const own = aligned.get(value);
      const isMoved = sites.some((site) => site.source === value && site.value !== value);
      if (!range || !own || decided.has(value) || isMoved || !isReadBy(graph, value, concat)) continue;
      if (canTake(graph, value, own, range)) aligned.set(value, { ...own, min: range.min, max: range.max });
    }
  }
  return aligned;
}

function union(ranges: readonly ValueRange[]): ValueRange {
  const [min, max] = [Math.min(...ranges.map((range) => range.min)), Math.max(...ranges.map((range) => range.max))];
  return { min, max };
}

function isReadBy(graph: Graph, value: string, concat: NodeProto): boolean {
  return !graph.isOutput(value) && graph.consumers(value).every(({ node }) => node === concat);
}

/** A grid that does what a Relu or a Clip does has to end where that one does. */
function canTake(graph: Graph, value: string, own: ValueRange, range: ValueRange): boolean {
  const producer = graph.producer(value);
  if (!producer) return false;
  if (!clampsAtZero(graph, producer)) return true;
  return Math.min(range.min, 0) === 0 && (producer.opType === 'Relu' || range.max === own.max);
}
