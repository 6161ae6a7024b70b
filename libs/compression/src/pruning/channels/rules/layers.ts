import { intAttribute, setAttribute } from '#onnx';
import type { LinkContext, ChannelRule, Rules } from './rule.js';

/** Where a convolution keeps its tensors, by input position, and the axes of its weight. */
interface ConvLayout {
  weight: number;
  bias?: number;
  /** One value per output channel: scales and zero points. */
  perOutput?: readonly number[];
  outputAxis: 0 | 1;
}

/**
 * Conv and its relatives. Per group: input channels meet the weight's input axis, the weight's output axis meets the
 * output channels and the bias.
 *
 *     group = 1           w[o, i], x[i], y[o]
 *     depthwise           x[c], w[c·m … c·m+m-1], y[c·m … c·m+m-1]    and `group` shrinks
 *     grouped             the same index in every group, so that groups stay equal
 *                         or whole groups, where counts are asked for that indices cannot meet; `group` shrinks
 */
function convolution(layout: ConvLayout): ChannelRule {
  return {
    link(context) {
      const { coordinates: at, node } = context;
      const [x, w, y] = [context.input(0), context.input(layout.weight), context.output()];
      const groups = intAttribute(node, 'group', 1);
      const [inputs, outputs] = [context.dims(x)[1]!, context.dims(y)[1]!];
      context.link(x, 0, y, 0);
      for (const value of [x, y]) context.pinAxes(value, spatialAxes(context, value), 'slides over this axis');
      context.pinAxes(w, spatialAxes(context, w), 'has a kernel of this size');
      const [inWidth, outWidth] = [inputs / groups, outputs / groups];
      const isDepthwise = groups > 1 && inWidth === 1;
      const isByGroup = !isDepthwise && goesByGroup(context, groups, outWidth);
      if (isByGroup) linkGroups(context, [x, w, y], layout, inWidth);
      for (let c = 0; c < inputs && !isDepthwise && !isByGroup; c++) {
        at.link(at.at(x, 1, c), at.at(w, 1 - layout.outputAxis, c % inWidth));
        if (groups > 1) at.link(at.at(x, 1, c), at.at(x, 1, c % inWidth));
      }
      for (let o = 0; o < outputs; o++) {
        at.link(at.at(y, 1, o), at.at(w, layout.outputAxis, o));
        if (isDepthwise) at.link(at.at(y, 1, o), at.at(x, 1, Math.floor(o / outWidth)));
        else if (isByGroup) at.link(at.at(y, 1, o), at.at(x, 1, Math.floor(o / outWidth) * inWidth));
        else if (groups > 1) at.link(at.at(y, 1, o), at.at(y, 1, o % outWidth));
      }
      for (const parameter of [layout.bias ?? -1, ...(layout.perOutput ?? [])]) linkVector(context, parameter, y, 1);
      context.roles.weight(node, w, layout.outputAxis);
    },
    mend(context) {
      const groups = intAttribute(context.node, 'group', 1);
      const inputs = context.dims(context.input(0))[1]!;
      const left = context.kept(context.input(0), 1).length;
      if (groups > 1 && groups === inputs) setAttribute(context.node, 'group', left);
      else if (groups > 1 && layout.outputAxis === 0)
        setAttribute(context.node, 'group', left / context.kept(context.input(layout.weight), 1).length);
    },
  };
}

/** Whether no fewer channels of every group would be a multiple of what is asked for, but fewer groups may. */
function goesByGroup({ multipleOf }: LinkContext, groups: number, width: number): boolean {
  const isMet = (unit: number, count: number) =>
    Array.from({ length: count - 1 }, (_, i) => i + 1).some((kept) => (kept * unit) % multipleOf === 0);
  return groups > 1 && !isMet(groups, width) && isMet(width, groups);
}

/** What a group reads goes at once; its kernels keep all of it. */
function linkGroups(
  context: LinkContext,
  [x, w]: readonly [string, string, string],
  { outputAxis }: ConvLayout,
  inWidth: number,
): void {
  const { coordinates: at } = context;
  const inputs = context.dims(x)[1]!;
  for (let c = 0; c < inputs; c++) at.link(at.at(x, 1, c), at.at(x, 1, c - (c % inWidth)));
  context.pinAxes(w, [1 - outputAxis], 'reads all channels of its group');
}

/**
 * The weight of a ConvTranspose has the inputs of all groups on its first axis, and the outputs of one on its second.
 *
 *     depthwise    x[c], w[c, :], y[c·m … c·m+m-1]    and `group` shrinks
 *     grouped      the same index in every group: x[c], w[c, :] with c mod width; y[o], w[:, o mod width]
 */
const convTranspose: ChannelRule = {
  link(context) {
    const groups = intAttribute(context.node, 'group', 1);
    if (groups === 1) return convolution({ weight: 1, bias: 2, outputAxis: 1 }).link(context);
    const { coordinates: at } = context;
    const [x, w, y] = [context.input(0), context.input(1), context.output()];
    const [inputs, outputs] = [context.dims(x)[1]!, context.dims(y)[1]!];
    const [inWidth, outWidth] = [inputs / groups, outputs / groups];
    const isDepthwise = inWidth === 1;
    context.link(x, 0, y, 0);
    for (const value of [x, w, y]) context.pinAxes(value, spatialAxes(context, value), 'slides over this axis');
    context.link(x, 1, w, 0);
    if (isDepthwise) context.pinAxes(w, [1], 'has as many outputs in every group');
    else for (let c = inWidth; c < inputs; c++) at.link(at.at(x, 1, c), at.at(x, 1, c % inWidth));
    const source = (o: number) => (isDepthwise ? at.at(x, 1, Math.floor(o / outWidth)) : at.at(w, 1, o % outWidth));
    for (let o = 0; o < outputs; o++) at.link(at.at(y, 1, o), source(o));
    linkVector(context, 2, y, 1);
    context.roles.weight(context.node, w, isDepthwise ? 0 : 1);
  },
  mend: convolution({ weight: 1, outputAxis: 1 }).mend!,
};

const qLinearConv: ChannelRule = convolution({ weight: 3, bias: 8, perOutput: [4, 5], outputAxis: 0 });

/** Y[m, n] = A[m, k] · B[k, n] + C[m, n] */
const gemm: ChannelRule = {
  link(context) {
    const { node } = context;
    const [a, b, y] = [context.input(0), context.input(1), context.output()];
    const [transA, transB] = [intAttribute(node, 'transA', 0), intAttribute(node, 'transB', 0)];
    context.link(a, transA ? 0 : 1, b, transB ? 1 : 0);
    context.link(a, transA ? 1 : 0, y, 0);
    context.link(b, transB ? 0 : 1, y, 1);
    if (context.input(2)) context.broadcast(context.input(2), y);
    context.roles.weight(node, b, transB ? 0 : 1);
  },
};

/** Y[…, m, n] = A[…, m, k] · B[…, k, n], batch axes broadcast. */
function matMul({ b = 1, perColumn = [] }: { b?: number; perColumn?: readonly number[] } = {}): ChannelRule {
  return {
    link(context) {
      const [left, right, y] = [context.input(0), context.input(b), context.output()];
      const rankOf = (value: string) => context.dims(value).length;
      const [rankA, rankB, rankY] = [rankOf(left), rankOf(right), rankOf(y)];
      if (rankA < 2 || rankB < 2) return context.pinNode('multiplies vectors');
      context.link(left, rankA - 1, right, rankB - 2);
      context.link(left, rankA - 2, y, rankY - 2);
      context.link(right, rankB - 1, y, rankY - 1);
      linkBatch(context, left, y);
      linkBatch(context, right, y);
      for (const parameter of perColumn) linkVector(context, parameter, y, rankY - 1);
      context.roles.weight(context.node, right, rankB - 1);
      context.roles.weight(context.node, left, rankA - 2);
    },
  };
}

function linkBatch(context: LinkContext, value: string, y: string): void {
  const offset = context.dims(y).length - context.dims(value).length;
  context
    .dims(value)
    .slice(0, -2)
    .forEach((length, axis) => {
      if (length === context.dims(y)[axis + offset]) context.link(value, axis, y, axis + offset);
    });
}

function linkVector(context: LinkContext, parameter: number, y: string, axis: number): void {
  const value = context.input(parameter);
  if (context.dims(value).length === 1 && context.dims(value)[0] === context.dims(y)[axis])
    context.link(value, 0, y, axis);
}

function spatialAxes(context: LinkContext, value: string): number[] {
  return context
    .dims(value)
    .map((_, axis) => axis)
    .slice(2);
}

export const layers: Rules = {
  Conv: convolution({ weight: 1, bias: 2, outputAxis: 0 }),
  ConvInteger: convolution({ weight: 1, perOutput: [3], outputAxis: 0 }),
  QLinearConv: qLinearConv,
  ConvTranspose: convTranspose,
  Gemm: gemm,
  MatMul: matMul(),
  MatMulInteger: matMul({ perColumn: [3] }),
  QLinearMatMul: matMul({ b: 3, perColumn: [4, 5] }),
};
