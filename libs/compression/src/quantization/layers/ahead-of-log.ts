import { leftAlone } from '../../left-alone.js';
import type { Skipped } from '#contracts';
import { type Graph, type NodeProto } from '#onnx';
import type { Layer, Selection } from './layers.js';

/** Operators that keep the small values of a spectrum small: linear ones, squares and roots, limits, and moves. */
const PASSES_SPECTRUM = new Set([
  'Conv',
  'MatMul',
  'Gemm',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pow',
  'Sqrt',
  'Abs',
  'Clip',
  'Max',
  'Min',
  'ReduceSum',
  'ReduceMean',
  'ReduceSumSquare',
  'ReduceL2',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Slice',
  'Concat',
  'Identity',
]);

/**
 * Leaves layers float whose output a Log reads with nothing but linear operators and squares between, as in a log-mel
 * spectrum: the Log makes errors of small values as large as those of great ones, and 255 even steps have no small
 * values. A layer that the options name a width for is quantized all the same.
 */
export function floatAheadOfLog(graph: Graph, { layers, skipped }: Selection): Selection {
  const isLeft = (layer: Layer) => layer.bits === undefined && !layer.isWeightsOnly && reachesLog(graph, layer.node);
  const left = layers.filter(isLeft).map(({ node }): Skipped => leftAlone(node, REASON));
  return { layers: layers.filter((layer) => !isLeft(layer)), skipped: [...skipped, ...left] };
}

const REASON =
  'a Log reads its output, which would magnify what 8 bits lose of small values: name it in weightsOnly, or ' +
  'give it a width in layerBits';

function reachesLog(graph: Graph, layer: NodeProto): boolean {
  const seen = new Set<NodeProto>([layer]);
  const ahead = [layer];
  for (let node = ahead.pop(); node; node = ahead.pop()) {
    for (const reader of node.output.flatMap((value) => graph.consumers(value).map((use) => use.node))) {
      if (reader.opType === 'Log') return true;
      if (seen.has(reader) || !PASSES_SPECTRUM.has(reader.opType)) continue;
      seen.add(reader);
      ahead.push(reader);
    }
  }
  return false;
}
