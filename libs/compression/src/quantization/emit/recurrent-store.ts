import { DataType, floatTensor, GraphError, makeTensor, type Graph, type NodeProto, inputOf } from '#onnx';
import { floatConstant } from '../../rewrites/widened-constants.js';
import {
  channelLayout,
  channelMaxima,
  dequantizeSymmetric,
  quantizeSymmetric,
  snrDb,
  symmetricScales,
} from '../grid/arithmetic.js';
import { powerOfTwoScales } from '../grid/scale-search.js';
import { gridEnds } from '../grid/weight-grid.js';
import { transpose } from '../layers/matrix.js';
import { LSTM_WEIGHTS } from '../layers/recurrent.js';
import { CONTRIB, importContrib } from './contrib.js';
import { shortName } from './short-name.js';
import type { StoredNode } from './stored-node.js';

export interface RecurrentStoreOptions {
  reduceRange: boolean | 'auto';
  powerOfTwo: boolean;
}

/** One of the two weights, as the kernel reads it: names of tensors, and what they stand for. */
interface Integers {
  integers: string;
  scale: string;
  zeroPoint: string;
  scales: Float32Array;
  exact: Float32Array;
  stored: Float32Array;
}

/** Inputs of the operator that come before the scales, those that an LSTM has. */
const FIRST_SCALE = 8;

/**
 * Stores the weights of LSTMs as int8 on a scale per direction; the ranges of activations are measured at run time:
 *
 *     LSTM(X, W[dirs, 4H, in], R[dirs, 4H, H], …)   becomes
 *     DynamicQuantizeLSTM(X, W_int8[dirs, in, 4H], R_int8[dirs, H, 4H], …, scale and zero point of both)
 */
export function storeRecurrent(
  graph: Graph,
  nodes: readonly NodeProto[],
  options: RecurrentStoreOptions,
): StoredNode[] {
  const known = new Map<string, Integers>();
  return nodes.map((node) => {
    const weights = LSTM_WEIGHTS.map((index) => {
      const value = inputOf(node, index);
      const integers = known.get(value) ?? storeWeight(graph, value, options);
      known.set(value, integers);
      return integers;
    });
    return rewire(graph, node, weights);
  });
}

function rewire(graph: Graph, node: NodeProto, weights: readonly Integers[]): StoredNode {
  // The layout that a model may spell out is the only one that the kernel knows.
  const attribute = node.attribute.filter(({ name }) => name !== 'layout');
  Object.assign(node, { opType: 'DynamicQuantizeLSTM', domain: CONTRIB, attribute });
  weights.forEach(({ integers, scale, zeroPoint }, i) => {
    graph.setInput(node, LSTM_WEIGHTS[i]!, integers);
    graph.setInput(node, FIRST_SCALE + 2 * i, scale);
    graph.setInput(node, FIRST_SCALE + 2 * i + 1, zeroPoint);
  });
  importContrib(graph);
  const scales = weights.flatMap((weight) => [...weight.scales]);
  const exact = joined(weights.map((weight) => weight.exact));
  const stored = joined(weights.map((weight) => weight.stored));
  const [input, output] = [inputOf(node, 0), node.output.find((name) => name !== '')!];
  const [scaleMin, scaleMax] = [Math.min(...scales), Math.max(...scales)];
  const report = { bits: 8, scaleMin, scaleMax, weightSnrDb: snrDb(exact, stored) };
  return { node, input, inputIndex: 0, output, report: { node: node.name, opType: 'LSTM', input, ...report } };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function storeWeight(graph: Graph, value: string, { reduceRange, powerOfTwo }: RecurrentStoreOptions): Integers {
  const constant = floatConstant(graph, value);
  if (!constant) throw new GraphError(`weight "${value}" is no constant`);
  const [directions, gates, size] = constant.dims as [number, number, number];
  const exact = turned(constant.values, directions, gates, size);
  const layout = channelLayout([directions, size, gates], 0);
  const [, limit] = gridEnds({ weightBits: 8, weightFormat: 'uniform', reduceRange });
  const widest = symmetricScales(channelMaxima(exact, layout), limit);
  const scales = powerOfTwo ? powerOfTwoScales(widest) : widest;
  const integers = quantizeSymmetric(exact, layout, scales, limit);
  const dims = [directions, size, gates];
  const zeros = new Int8Array(directions);
  return {
    integers: graph.addInitializer(makeTensor(graph.freshName(`${value}_quantized`), DataType.INT8, dims, integers))
      .name,
    scale: graph.addInitializer(floatTensor(shortName(graph), [directions], scales)).name,
    zeroPoint: graph.addInitializer(makeTensor(shortName(graph), DataType.INT8, [directions], zeros)).name,
    scales,
    exact,
    stored: dequantizeSymmetric(integers, layout, scales),
  };
}

/** The matrix of each direction, rows and columns exchanged. */
function turned(values: Float32Array, directions: number, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  const size = rows * columns;
  for (let at = 0; at < directions * size; at += size) {
    result.set(transpose(values.subarray(at, at + size), rows, columns), at);
  }
  return result;
}
