import { makeNode, type Graph, type NodeProto } from '#onnx';
import type { Layer } from '../layers/layers.js';
import { shortName } from './short-name.js';
import type { WeightReport } from './weight-report.js';

/** A table's integers as a layer stored them, and the scales on which they lie. */
export interface TiedMatrix {
  integers: string;
  scale: string;
  /** The table's axis that the scales are of, or null for one scale. */
  axis: number | null;
  report: WeightReport;
}

/** What layers stored for tables to read. */
export type TiedMatrices = Map<Layer, TiedMatrix>;

/** A matrix of integers as it lies in the file. */
export interface LaidOut {
  dims: readonly number[];
  axis: number | null;
  integers: Int8Array;
}

/** The integers of a layer in the order of the table that they are stored as. */
export function asTable({ tied }: Pick<Layer, 'tied'>, laid: LaidOut): LaidOut {
  if (!tied?.isTurned) return laid;
  const [rows, columns] = laid.dims as [number, number];
  const integers = new Int8Array(laid.integers.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      integers[column * rows + row] = laid.integers[row * columns + column]!;
  return { dims: [columns, rows], axis: laid.axis === null ? null : 1 - laid.axis, integers };
}

/** What a layer reads of a table: the runtime exchanges the axes of its integers once, when it loads the file. */
export function asWeight(graph: Graph, { tied }: Pick<Layer, 'tied'>, table: string, before: NodeProto): string {
  if (!tied?.isTurned) return table;
  const output = shortName(graph);
  graph.addNode(makeNode('Transpose', [table], [output], { perm: [1, 0] }), { before });
  return output;
}
