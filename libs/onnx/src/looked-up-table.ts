import { intAttribute } from './attributes.js';
import { constantTensor } from './constants.js';
import type { Graph } from './graph.js';
import { DataType, type NodeProto, type TensorProto } from './proto.js';
import { tensorData, tensorDims, tensorToNumbers } from './tensor.js';

/** A stored table of integers that stand for floats, of which a node looks rows up. */
export interface LookedUpTable {
  /** Name of the stored tensor, one entry per element. */
  stored: string;
  tensor: TensorProto;
  /** Elements that stand for 0. */
  zeros(): number;
}

const INTEGERS: ReadonlySet<number> = new Set([DataType.INT8, DataType.UINT8, DataType.INT4, DataType.UINT4]);

/**
 * The table of a node that looks rows up, null where it looks up anything else:
 *
 *     Gather(integers, ids) -> DequantizeLinear(scale, zeroPoint)        one zero point, or one per column
 *     GatherBlockQuantized(integers of 4 bits, ids, scales, zeroPoints)
 */
export function lookedUpTable(graph: Graph, node: NodeProto): LookedUpTable | null {
  const [stored = ''] = node.input;
  const tensor = constantTensor(graph, stored);
  if (!tensor || tensor.dims.length < 2 || !INTEGERS.has(tensor.dataType)) return null;
  const { dataType } = tensor;
  if (node.opType === 'GatherBlockQuantized' && (dataType === DataType.INT4 || dataType === DataType.UINT4)) {
    return {
      stored,
      tensor,
      zeros: () => zerosOf(graph, tensor, node.input[3], intAttribute(node, 'block_size', 128)),
    };
  }
  const reader = node.opType === 'Gather' && node.domain === '' ? dequantizer(graph, node) : undefined;
  return reader ? { stored, tensor, zeros: () => zerosOf(graph, tensor, reader.input[2], 1) } : null;
}

/** What makes floats of the rows that a node looks up. */
export function dequantizer(graph: Graph, node: NodeProto): NodeProto | undefined {
  const uses = graph.consumers(node.output[0] ?? '');
  return uses.find((use) => use.index === 0 && use.node.opType === 'DequantizeLinear')?.node;
}

function zerosOf(graph: Graph, tensor: TensorProto, zeroPoint: string | undefined, blockSize: number): number {
  const points = zeroPoint ? constantTensor(graph, zeroPoint) : undefined;
  const zeroPoints = points ? tensorToNumbers(points) : [0];
  const columns = tensorDims(tensor).at(-1)!;
  const blocks = Math.ceil(columns / blockSize);
  const integers = tensorData(tensor) as ArrayLike<number>;
  let zeros = 0;
  for (let i = 0; i < integers.length; i++) {
    const at = Math.floor(i / columns) * blocks + Math.floor((i % columns) / blockSize);
    if (integers[i] === zeroPoints[at % zeroPoints.length]) zeros++;
  }
  return zeros;
}
