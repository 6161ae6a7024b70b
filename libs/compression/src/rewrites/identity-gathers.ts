import { inputOf, intAttribute, makeNode, outputOf, tensorToNumbers, type Graph, type NodeProto } from '#onnx';
import { scalarOf } from './match.js';

/** Indices as the sum of what is known of them: numbers of one row, and how far each row is from the one before. */
interface RowIndices {
  /** One number per element of a row, in order; absent where nothing was added. */
  row: readonly number[];
  /** Distance of rows, 0 where there is one row alone. */
  stride: number;
}

/**
 * Undoes identities that are written as look-ups, as an exporter writes a tensor whose memory is laid out otherwise:
 *
 *     Reshape(X, [-1]) -> Gather(Range(n) · C + [0 … C-1])   becomes   Identity(X)
 *
 * where what comes out has the observed shape of X. Returns how many there were.
 */
export function undoIdentityGathers(graph: Graph, shapes: ReadonlyMap<string, readonly number[]>): number {
  const found = graph.nodes.filter((node) => isIdentity(graph, node, shapes));
  for (const node of found) {
    const source = inputOf(graph.producer(inputOf(node, 0))!, 0);
    const { opType, attribute } = makeNode('Identity', [], []);
    Object.assign(node, { opType, attribute });
    graph.setInput(node, 1, '');
    node.input.length = 1;
    graph.setInput(node, 0, source);
  }
  if (found.length > 0) graph.removeDeadCode();
  return found.length;
}

function isIdentity(graph: Graph, node: NodeProto, shapes: ReadonlyMap<string, readonly number[]>): boolean {
  if (node.opType !== 'Gather' || node.domain !== '' || intAttribute(node, 'axis', 0) !== 0) return false;
  const flat = graph.producer(node.input[0] ?? '');
  if (flat?.opType !== 'Reshape' || shapes.get(outputOf(flat))?.length !== 1) return false;
  const [from, to] = [shapes.get(inputOf(flat, 0)), shapes.get(outputOf(node))];
  if (!from || !to || from.length < 2 || from.join() !== to.join()) return false;
  const indices = rowIndices(graph, inputOf(node, 1));
  const rowLength = from.slice(1).reduce((product, dim) => product * dim, 1);
  return indices !== null && runsThrough(indices, rowLength, from[0] ?? 1);
}

/** Whether the indices of `rows` rows are 0, 1, 2 and so on. */
function runsThrough({ row, stride }: RowIndices, rowLength: number, rows: number): boolean {
  const isWhole = stride === 0 && row.length === rowLength * rows && rows === 1;
  const isByRow = stride === rowLength && row.length === rowLength;
  return (isWhole || isByRow) && row.every((index, i) => index === i);
}

/** What is known of computed indices; null where they are computed in another way. */
function rowIndices(graph: Graph, value: string): RowIndices | null {
  const tensor = graph.initializer(value);
  if (tensor) return { row: tensorToNumbers(tensor), stride: 0 };
  const node = graph.producer(value);
  if (node?.opType === 'Unsqueeze') return rowIndices(graph, inputOf(node, 0));
  if (node?.opType === 'Range') return countsRows(graph, node) ? { row: [0], stride: 1 } : null;
  const [a, b] = node?.input.length === 2 ? node.input.map((name) => rowIndices(graph, name)) : [];
  if (!a || !b) return null;
  if (node?.opType === 'Add') return sum(a, b);
  return node?.opType === 'Mul' ? product(a, b) : null;
}

/** Range(0, n, 1) with n from the data: a constant one fits one batch alone. */
function countsRows(graph: Graph, { input: [start = '', limit = '', delta = ''] }: NodeProto): boolean {
  return scalarOf(graph, start) === 0 && scalarOf(graph, delta) === 1 && !graph.initializer(limit);
}

function sum(a: RowIndices, b: RowIndices): RowIndices | null {
  const length = Math.max(a.row.length, b.row.length);
  if ([a, b].some(({ row }) => row.length !== length && row.length !== 1)) return null;
  const at = ({ row }: RowIndices, i: number) => row[row.length === 1 ? 0 : i] ?? 0;
  return { row: Array.from({ length }, (_, i) => at(a, i) + at(b, i)), stride: a.stride + b.stride };
}

function product(a: RowIndices, b: RowIndices): RowIndices | null {
  const [rows, factor] = a.stride > 0 ? [a, b] : [b, a];
  const [by] = factor.row;
  if (factor.stride > 0 || factor.row.length !== 1 || by === undefined) return null;
  return { row: rows.row.map((index) => index * by), stride: rows.stride * by };
}
