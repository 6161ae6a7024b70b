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
 *     Gather(integers, ids) -> Cast -> Mul(Gather(scales, ids))          a scale per row
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
  if (node.opType !== 'Gather' || node.domain !== '') return null;
  const reader = dequantizer(graph, node);
  if (!reader && !rowScaling(graph, node)) return null;
  return { stored, tensor, zeros: () => zerosOf(graph, tensor, reader?.input[2], 1) };
}

/** What multiplies looked up rows, cast to floats, by scales that are looked up with them. */
export interface RowScaling {
  product: NodeProto;
  /** Looks up the scales of the rows. */
  gather: NodeProto;
  /** The scales, one per row: a vector, or a matrix of one column. */
  scale: string;
}

/** The scaling of the rows that a node looks up, undefined where there is none. */
export function rowScaling(graph: Graph, node: NodeProto): RowScaling | undefined {
  if (node.opType !== 'Gather' || node.domain !== '') return undefined;
  const cast = graph.consumers(node.output[0] ?? '').find((use) => use.node.opType === 'Cast')?.node;
  const uses = cast ? graph.consumers(cast.output[0] ?? '') : [];
  for (const { node: product, index } of uses) {
    if (product.opType !== 'Mul' || index < 0) continue;
    const gather = graph.producer(product.input[1 - index] ?? '');
    if (gather?.opType !== 'Gather' || gather.input[1] !== node.input[1]) continue;
    const scales = gather.input[0] ?? '';
    const spread = graph.producer(scales);
    const scale = spread?.opType === 'Unsqueeze' ? (spread.input[0] ?? '') : scales;
    if (constantTensor(graph, scale)) return { product, gather, scale };
  }
  return undefined;
}

/** Scales of the rows of tables, by name, and the values that only bring them into shape. */
export function rowScales(graph: Graph): ReadonlySet<string> {
  const scalings = graph.nodes.flatMap((node) => rowScaling(graph, node) ?? []);
  return new Set(scalings.flatMap(({ scale, gather }) => [scale, gather.input[0] ?? '']));
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
