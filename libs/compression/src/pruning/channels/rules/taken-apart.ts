import { intAttribute, intsAttribute, outputOf, type NodeProto } from '#onnx';
import { reshapeBlocks } from '../reshape-blocks.js';
import { positiveAxis, type LinkContext } from './rule.js';

/** Operators that keep every axis where it is. */
const KEEPS_AXES: ReadonlySet<string> = new Set([
  'Add',
  'Cast',
  'DequantizeLinear',
  'Div',
  'Identity',
  'Mul',
  'QuantizeLinear',
  'Sub',
]);

/**
 * Whether all that reads an axis picks single entries of it: each of them must exist, so that the axis keeps its length
 * whatever goes of what lies inside its entries.
 */
export function isTakenApart(context: LinkContext, value: string, axis: number): boolean {
  if (context.graph.isOutput(value)) return false;
  const uses = context.graph.consumers(value);
  return uses.length > 0 && uses.every(({ node, index }) => index === 0 && takesApart(context, node, axis));
}

function takesApart(context: LinkContext, node: NodeProto, axis: number): boolean {
  if (node.opType === 'Gather') return picksOne(context, node, axis);
  if (node.opType === 'Split') return splitsToOnes(context, node, axis);
  const next = axisBehind(context, node, axis);
  return next !== null && isTakenApart(context, outputOf(node), next);
}

function picksOne({ graph, coordinates }: LinkContext, node: NodeProto, axis: number): boolean {
  const rank = coordinates.dims(node.input[0] ?? '')?.length ?? 0;
  const index = graph.initializer(node.input[1] ?? '');
  return positiveAxis(intAttribute(node, 'axis', 0), rank) === axis && index !== undefined && index.dims.length === 0;
}

function splitsToOnes({ coordinates }: LinkContext, node: NodeProto, axis: number): boolean {
  const rank = coordinates.dims(node.input[0] ?? '')?.length ?? 0;
  const isThere = positiveAxis(intAttribute(node, 'axis', 0), rank) === axis;
  return isThere && node.output.every((part) => coordinates.dims(part)?.[axis] === 1);
}

/** Where an axis lies behind a node that only moves it; null where the node does more. */
function axisBehind({ coordinates }: LinkContext, node: NodeProto, axis: number): number | null {
  const [from, to] = [coordinates.dims(node.input[0] ?? ''), coordinates.dims(outputOf(node))];
  if (!from || !to) return null;
  if (KEEPS_AXES.has(node.opType)) return from.length === to.length ? axis : null;
  if (node.opType === 'Transpose') {
    const perm = intsAttribute(node, 'perm');
    return perm.length > 0 ? perm.indexOf(axis) : from.length - 1 - axis;
  }
  if (node.opType !== 'Squeeze' && node.opType !== 'Unsqueeze') return null;
  const block = reshapeBlocks(from, to)?.find(({ inputs }) => inputs.length === 1 && inputs[0] === axis);
  return block?.outputs.length === 1 ? (block.outputs[0] ?? null) : null;
}
