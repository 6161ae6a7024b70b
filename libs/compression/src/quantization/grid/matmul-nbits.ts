import { roundHalfEven } from '#onnx';

/** Weights of com.microsoft MatMulNBits: for each output column, blocks of `blockSize` rows with a scale each. */
export interface PackedBlocks {
  /** [columns, blocks, blockSize · bits / 8]; element i of a block lies at bit i · bits, offset by 2^(bits−1). */
  packed: Uint8Array;
  /** [columns, blocks] */
  scales: Float32Array;
  dims: [columns: number, blocks: number, bytes: number];
}

/**
 * A scale per column and block of rows, [columns, blocks]: the sign of a block's largest weight goes to the side with
 * one level more, extreme / −2^(bits−1).
 */
export function blockScales(
  values: Float32Array,
  rows: number,
  columns: number,
  bits: 4 | 2,
  blockSize: number,
): Float32Array {
  const blocks = Math.ceil(rows / blockSize);
  return Float32Array.from({ length: columns * blocks }, (_, at) => {
    const [column, block] = [Math.floor(at / blocks), at % blocks];
    return (
      Math.fround(
        extreme(values, block * blockSize, Math.min(rows, (block + 1) * blockSize), columns, column) /
          -(2 ** (bits - 1)),
      ) || 1
    );
  });
}

/**
 * Puts a [rows, columns] matrix on the grids of its blocks, symmetric around the middle of the unsigned field (the
 * operator's default zero point). Rows beyond the matrix are padded with zeros.
 */
export function packBlockwise(
  values: Float32Array,
  rows: number,
  columns: number,
  bits: 4 | 2,
  blockSize: number,
  scales = blockScales(values, rows, columns, bits, blockSize),
): PackedBlocks {
  const blocks = Math.ceil(rows / blockSize);
  const bytes = (blockSize * bits) / 8;
  const middle = 2 ** (bits - 1);
  const packed = new Uint8Array(columns * blocks * bytes);
  for (let column = 0; column < columns; column++) {
    for (let block = 0; block < blocks; block++) {
      const at = column * blocks + block;
      const end = Math.min(rows, (block + 1) * blockSize);
      const scale = scales[at]!;
      for (let i = 0; i < blockSize; i++) {
        const row = block * blockSize + i;
        const level =
          row < end
            ? Math.min(middle - 1, Math.max(-middle, roundHalfEven(values[row * columns + column]! / scale)))
            : 0;
        packed[at * bytes + Math.floor((i * bits) / 8)]! |= (level + middle) << ((i * bits) % 8);
      }
    }
  }
  return { packed, scales, dims: [columns, blocks, bytes] };
}

/** The matrix that the packed blocks stand for. */
export function unpackBlockwise(
  { packed, scales, dims: [columns, blocks, bytes] }: PackedBlocks,
  rows: number,
  bits: 4 | 2,
  blockSize: number,
): Float32Array {
  const middle = 2 ** (bits - 1);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const [block, i] = [Math.floor(row / blockSize), row % blockSize];
    for (let column = 0; column < columns; column++) {
      const at = column * blocks + block;
      const field = (packed[at * bytes + Math.floor((i * bits) / 8)]! >> ((i * bits) % 8)) & (2 ** bits - 1);
      values[row * columns + column] = (field - middle) * scales[at]!;
    }
  }
  return values;
}

/** The element of largest magnitude among rows start..end of a column, with its sign. */
function extreme(values: Float32Array, start: number, end: number, columns: number, column: number): number {
  let largest = 0;
  for (let row = start; row < end; row++) {
    const value = values[row * columns + column]!;
    if (Math.abs(value) > Math.abs(largest)) largest = value;
  }
  return largest;
}
