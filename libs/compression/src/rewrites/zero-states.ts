import { outputOf, tensorToFloats, type Graph, type NodeProto } from '#onnx';

const RECURRENT: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'RNN']);
/** Inputs that are states to begin with. */
const STATES = [5, 6] as const;
/** Operators whose result is zeros where their first input is. */
const KEEPS_ZEROS: ReadonlySet<string> = new Set([
  'Cast',
  'Expand',
  'Gather',
  'Identity',
  'Reshape',
  'Slice',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
]);

/**
 * Leaves out first states that are zeros, as they are where none is given:
 *
 *     LSTM(X, W, R, B, , 0, 0)   becomes   LSTM(X, W, R, B)
 *
 * Exporters write them, and one tensor for all layers, which would tie units of one layer to those of another. Constants
 * must be initializers. Returns how many layers lost some.
 */
export function dropZeroStates(graph: Graph): number {
  const dropped = graph.nodes
    .filter((node) => node.domain === '' && RECURRENT.has(node.opType))
    .filter((node) => {
      const zeros = STATES.filter((index) => node.input[index] && isZeros(graph, node.input[index]));
      for (const index of zeros) graph.setInput(node, index, '');
      if (zeros.length > 0) trim(node);
      return zeros.length > 0;
    });
  if (dropped.length > 0) graph.removeDeadCode();
  return dropped.length;
}

function isZeros(graph: Graph, value: string | undefined): boolean {
  if (value === undefined || value === '') return false;
  const tensor = graph.initializer(value);
  if (tensor) return tensorToFloats(tensor).every((element) => element === 0);
  const node = graph.producer(value);
  if (!node || outputOf(node) !== value) return false;
  if (node.opType === 'ConstantOfShape') return fillsWithZeros(node);
  if (node.opType === 'Concat') return node.input.every((part) => isZeros(graph, part));
  return KEEPS_ZEROS.has(node.opType) && isZeros(graph, node.input[0]);
}

/** Zeros are what it fills with unless it says otherwise. */
function fillsWithZeros(node: NodeProto): boolean {
  const filled = node.attribute.find(({ name }) => name === 'value')?.t;
  return filled === undefined || tensorToFloats(filled).every((element) => element === 0);
}

/** Inputs at the end that are left out need not be written. */
function trim(node: NodeProto): void {
  while (node.input.at(-1) === '') node.input.pop();
}
