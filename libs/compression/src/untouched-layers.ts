import { leftAlone } from './left-alone.js';
import { nodeLabel, constantTensor, subgraphs, type Graph, type GraphProto, type NodeProto } from '#onnx';
import type { Skipped } from '#contracts';

/** Operators of the standard with matrices that only a few passes treat. */
const HOLDERS: ReadonlySet<string> = new Set([
  'DeformConv',
  'Einsum',
  'GRU',
  'Gather',
  'LSTM',
  'RNN',
  'ConvInteger',
  'MatMulInteger',
  'QLinearConv',
  'QLinearMatMul',
]);

/** Layers that passes treat in the main graph. */
const LAYERS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', ...HOLDERS]);

/** Operators of com.microsoft that hold weights and that passes treat. */
const TREATED: ReadonlySet<string> = new Set(['MatMulNBits']);

/** Operators of com.microsoft that `quantize` writes: integers that no other pass treats. */
export const INTEGER_FORMS: ReadonlySet<string> = new Set(['DynamicQuantizeLSTM', 'GatherBlockQuantized']);

/** What a pass says of a node of the runtime's own domain, after its subject: `is left alone: …`. */
export function ownOperatorReason({ domain, opType }: NodeProto): string {
  if (INTEGER_FORMS.has(opType))
    return (
      `${opType} holds integers in a form that only the runtime reads, and passes do not look into: ` +
      'it is left alone. Let other passes come before quantize'
    );
  return (
    `${domain}.${opType} is an operator of the runtime's own, which passes do not look into: ` +
    'it is left alone. Give the model as it was before the runtime optimized it'
  );
}

/** Whether a node is of a domain whose operators passes do not look into. */
export function isOwnOperator({ domain, opType }: NodeProto): boolean {
  return domain !== '' && !TREATED.has(opType);
}

/**
 * Layers with stored weights that no rule of a pass knows: operators of the runtime's own, those of {@link HOLDERS}
 * without a place in `treats`, and whatever lies in a body. Each with the reason that a report gives.
 */
export function untouchedLayers(graph: Graph, treats: ReadonlySet<string> = new Set()): Skipped[] {
  const read = graph.nodes.flatMap(({ input }) => input);
  const constants = new Set(read.filter((value) => isMatrix(graph, value)));
  return graph.nodes.flatMap((node) => {
    const own = node.input.some((value) => constants.has(value)) ? reasonOf(node, treats) : null;
    const inBodies = subgraphs(node).flatMap((body) => inBody(body, node));
    return [...(own ? [leftAlone(node, own)] : []), ...inBodies];
  });
}

function reasonOf(node: NodeProto, treats: ReadonlySet<string>): string | null {
  if (isOwnOperator(node)) return ownOperatorReason(node);
  return HOLDERS.has(node.opType) && !treats.has(node.opType)
    ? `its weights stay as they are: there is no rule for ${node.opType}`
    : null;
}

/** Layers of a body, at any depth, are known by their operators: what they read may come from anywhere. */
function inBody(body: GraphProto, owner: NodeProto): Skipped[] {
  const place = `it lies inside the ${owner.opType} node "${nodeLabel(owner)}", whose body is left alone`;
  return body.node.flatMap((node) => [
    ...(LAYERS.has(node.opType) || isOwnOperator(node) ? [leftAlone(node, place)] : []),
    ...subgraphs(node).flatMap((inner) => inBody(inner, node)),
  ]);
}

/** Stored, and of more than one axis that is longer than 1. */
function isMatrix(graph: Graph, value: string): boolean {
  const tensor = value === '' ? undefined : constantTensor(graph, value);
  return tensor !== undefined && tensor.dims.filter((dim) => dim > 1n).length > 1;
}
