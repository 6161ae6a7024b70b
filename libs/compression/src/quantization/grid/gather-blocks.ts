import { asymmetricGrid } from './arithmetic.js';
import { roundHalfEven } from '#onnx';

// Once per element of a table: local constants are read faster than properties of a global.
const { floor, max, min } = Math;

/** Columns that share a scale and a zero point. */
export const TABLE_BLOCK = 32;

const LEVELS = 15;

/** A table as com.microsoft GatherBlockQuantized reads it: w = scale · (q − zeroPoint), q in 0..15. */
export interface BlockTable {
  /** [rows, columns], one a field. */
  integers: Uint8Array;
  /** [rows, blocks] */
  scales: Float32Array;
  zeroPoints: Uint8Array;
  blocks: number;
}

/** Puts each row on grids of {@link TABLE_BLOCK} columns; zeros stay exactly zero. */
export function blockTable(values: Float32Array, rows: number, columns: number): BlockTable {
  const blocks = Math.ceil(columns / TABLE_BLOCK);
  const table: BlockTable = {
    integers: new Uint8Array(rows * columns),
    scales: new Float32Array(rows * blocks),
    zeroPoints: new Uint8Array(rows * blocks),
    blocks,
  };
  for (let at = 0; at < rows * blocks; at++) fillBlock(table, values, at, columns);
  return table;
}

function fillBlock(
  { integers, scales, zeroPoints, blocks }: BlockTable,
  values: Float32Array,
  at: number,
  columns: number,
): void {
  const [row, block] = [floor(at / blocks), at % blocks];
  const start = row * columns + block * TABLE_BLOCK;
  const end = min(start + TABLE_BLOCK, (row + 1) * columns);
  const range = { min: 0, max: 0 };
  for (let i = start; i < end; i++) {
    range.min = min(range.min, values[i]!);
    range.max = max(range.max, values[i]!);
  }
  const { scale, zeroPoint } = asymmetricGrid(range, LEVELS);
  [scales[at], zeroPoints[at]] = [scale, zeroPoint];
  for (let i = start; i < end; i++) {
    integers[i] = min(LEVELS, max(0, roundHalfEven(values[i]! / scale) + zeroPoint));
  }
}

/** The floats that a table stands for. */
export function blockTableValues(table: BlockTable, columns: number): Float32Array {
  const { integers, scales, zeroPoints, blocks } = table;
  const values = new Float32Array(integers.length);
  for (let at = 0; at < scales.length; at++) {
    const start = floor(at / blocks) * columns + (at % blocks) * TABLE_BLOCK;
    const end = min(start + TABLE_BLOCK, (floor(at / blocks) + 1) * columns);
    for (let i = start; i < end; i++) values[i] = (integers[i]! - zeroPoints[at]!) * scales[at]!;
  }
  return values;
}
