import { intAttribute } from './attributes.js';
import { constantTensor } from './constants.js';
import { InvalidTensorError } from './errors.js';
import type { Graph } from './graph.js';
import type { NodeProto } from './proto.js';
import { tensorData } from './tensor.js';

/**
 * The weight of com.microsoft MatMulNBits: N columns of K integers each, in blocks along K that share a scale and a
 * zero point.
 */
export interface BlockwiseWeight {
  /** Value name of the packed blocks, uint8 [N, blocks, bytes per block]. */
  stored: string;
  columns: number;
  rows: number;
  bits: number;
  blockSize: number;
  /** The integer minus its block's zero point. */
  at(column: number, row: number): number;
  zeroPoint(column: number, row: number): number;
  /** The packed bytes with other integers, each minus its block's zero point; what pads the last blocks stays. */
  packed(at: (column: number, row: number) => number): Uint8Array;
}

/**
 * Reads the packed weight of a MatMulNBits node, null when it is not constant. Throws InvalidTensorError when its size
 * contradicts the attributes.
 */
export function blockwiseWeight(graph: Graph, node: NodeProto): BlockwiseWeight | null {
  const [, stored = '', , zeroPoints = ''] = node.input;
  const tensor = constantTensor(graph, stored);
  if (!tensor) return null;
  const [rows, columns, bits, blockSize] = [
    intAttribute(node, 'K', 0),
    intAttribute(node, 'N', 0),
    intAttribute(node, 'bits', 4),
    intAttribute(node, 'block_size', 32),
  ];
  const blocks = Math.ceil(rows / blockSize);
  const blockBytes = Math.ceil((blockSize * bits) / 8);
  const packed = tensorData(tensor);
  if (![2, 4, 8].includes(bits) || packed.length !== columns * blocks * blockBytes) {
    throw new InvalidTensorError(
      stored,
      `${packed.length} bytes are not ${columns} x ${blocks} blocks of ${blockSize} fields of ${bits} bits`,
    );
  }
  const zeros = constantTensor(graph, zeroPoints);
  const zeroFields = zeros && tensorData(zeros);
  const zeroRowBytes = Math.ceil((blocks * bits) / 8);
  const mask = 2 ** bits - 1;
  const byteOf = (column: number, row: number) => {
    const [block, i] = [Math.floor(row / blockSize), row % blockSize];
    return { byte: (column * blocks + block) * blockBytes + Math.floor((i * bits) / 8), shift: (i * bits) % 8 };
  };
  const field = (data: ArrayLike<number | bigint>, start: number, index: number) =>
    (Number(data[start + Math.floor((index * bits) / 8)] ?? 0) >> ((index * bits) % 8)) & mask;
  const zeroPoint = (column: number, row: number) =>
    zeroFields ? field(zeroFields, column * zeroRowBytes, Math.floor(row / blockSize)) : 2 ** (bits - 1);
  return {
    stored,
    columns,
    rows,
    bits,
    blockSize,
    zeroPoint,
    at: (column, row) => {
      const { byte, shift } = byteOf(column, row);
      return ((Number(packed[byte]) >> shift) & mask) - zeroPoint(column, row);
    },
    packed: (at) => {
      const bytes = Uint8Array.from(packed as ArrayLike<number>);
      for (let column = 0; column < columns; column++)
        for (let row = 0; row < rows; row++) {
          const { byte, shift } = byteOf(column, row);
          const others = bytes[byte]! & ~(mask << shift);
          bytes[byte] = others | (((at(column, row) + zeroPoint(column, row)) & mask) << shift);
        }
      return bytes;
    },
  };
}
