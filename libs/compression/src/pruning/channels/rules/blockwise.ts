import { DataType, intAttribute, setAttribute, inputOf } from '#onnx';
import type { LinkContext, ChannelRule, Rules } from './rule.js';

/**
 * com.microsoft MatMulNBits: Y[…, n] = Σ_k A[…, k] · B[n, block(k), byte(k)] · scales[n, block(k)] + bias[n].
 *
 *     N    y[n], B[n], scales[n], zero points[n], bias[n] go together
 *     K    the inputs of one block go together with the block, so that the packed fields stay as they are
 *
 * The scales stand for the weight where its importance is judged: each is its block's largest magnitude over the
 * levels.
 */
const matMulNBits: ChannelRule = {
  link(context) {
    const [a, b, scales, y] = [context.input(0), context.input(1), context.input(2), context.output()];
    const [axisA, axisY] = [context.dims(a).length - 1, context.dims(y).length - 1];
    if (context.dims(scales).length !== 2) return context.pinNode('keeps the scales of all columns in one row');
    for (let axis = 0; axis < axisY; axis++) context.link(a, axis, y, axis);
    context.pinAxes(b, [2], 'packs this axis');
    const whole = whyWhole(context);
    if (whole !== null) context.pinAxes(a, [axisA], whole);
    else linkBlocks(context, a, axisA);
    for (const column of [b, scales, context.input(3)]) if (column !== '') context.link(y, axisY, column, 0);
    if (context.input(5)) context.broadcast(context.input(5), y);
    context.roles.weight(context.node, scales, 0);
  },
  mend(context) {
    setAttribute(context.node, 'K', context.newDims(context.input(0)).at(-1)!);
    setAttribute(context.node, 'N', context.newDims(context.output()).at(-1)!);
  },
};

/** Why no block of inputs may go, or null. */
function whyWhole({ graph, node, coordinates }: LinkContext): string | null {
  const zeroPoints = graph.initializer(node.input[3] ?? '');
  if (coordinates.dimsOf(inputOf(node, 1))[1] === 1)
    return `keeps all its inputs in one block of ${intAttribute(node, 'block_size', 32)}`;
  if (zeroPoints?.dataType === DataType.UINT8 && intAttribute(node, 'bits', 4) < 8)
    return 'packs the zero points of several blocks into one byte';
  return node.input[4] ? 'orders its inputs by g_idx' : null;
}

function linkBlocks(context: LinkContext, a: string, axisA: number): void {
  const { coordinates: at, node } = context;
  const blockSize = intAttribute(node, 'block_size', 32);
  const zeroPoints = context.input(3) ? [context.input(3)] : [];
  const blocked = [context.input(1), context.input(2), ...zeroPoints];
  for (let k = 0; k < context.dims(a)[axisA]!; k++) {
    for (const value of blocked) at.link(at.at(a, axisA, k), at.at(value, 1, Math.floor(k / blockSize)));
  }
}

export const blockwise: Rules = { MatMulNBits: matMulNBits };
