import { intAttribute, intsAttribute, tensorDims, tensorToNumbers } from '#onnx';
import { factorIndex, reshapeBlocks, shrinkingFactor, type ReshapeBlock } from '../reshape-blocks.js';
import { positiveAxis, type LinkContext, type MendContext, type Rule, type Rules } from './rule.js';

/** Row-major reshapes of all kinds: one index map per block of axes that mix. */
function reshape(mend?: Rule['mend']): Rule {
  return {
    link(context) {
      const [x, y] = [context.input(0), context.output()];
      const blocks = reshapeBlocks(context.dims(x), context.dims(y));
      if (!blocks) return context.pinNode('changes the element count');
      for (const block of blocks) linkBlock(context, x, y, block);
    },
    ...(mend ? { mend } : {}),
  };
}

function linkBlock(context: LinkContext, x: string, y: string, { inputs, outputs }: ReshapeBlock): void {
  if (inputs.length === 1 && outputs.length === 1) return context.link(x, inputs[0]!, y, outputs[0]!);
  if (outputs.length === 1) {
    const free = inputs.findIndex((axis) => context.coordinates.isFree(x, axis));
    return linkFactors(context, { whole: y, axis: outputs[0]!, parts: x, factors: inputs, which: free });
  }
  if (inputs.length === 1) {
    const which = shrinkingFactor(context.dims(x).length, inputs[0]!, outputs.length);
    return linkFactors(context, { whole: x, axis: inputs[0]!, parts: y, factors: outputs, which });
  }
  context.pinAxes(x, inputs, 'mixes these axes');
  context.pinAxes(y, outputs, 'mixes these axes');
}

interface Factoring {
  whole: string;
  axis: number;
  parts: string;
  factors: number[];
  /** The factor that may shrink, -1 for none. */
  which: number;
}

function linkFactors(context: LinkContext, { whole, axis, parts, factors, which }: Factoring): void {
  const { coordinates: at } = context;
  factors.forEach((factor, i) => {
    if (i !== which) context.pinAxes(parts, [factor], 'keeps this factor of the axis');
  });
  if (which < 0) return context.pinAxes(whole, [axis], 'mixes fixed axes');
  const index = factorIndex(factors.map((factor) => context.dims(parts)[factor]!), which);
  for (let flat = 0; flat < context.dims(whole)[axis]!; flat++) at.link(at.at(whole, axis, flat), at.at(parts, factors[which]!, index(flat)));
}

/** Rewrites the sizes that a constant shape input, or a constant part of a concatenated one, spells out. */
function mendShape(context: MendContext): void {
  const y = context.output();
  const changed = context.dims(y).map((_, axis) => axis).filter((axis) => context.isChanged(y, axis));
  const target = context.newDims(y);
  const shape = context.constant(1);
  if (changed.length === 0) return;
  if (shape) {
    if (changed.some((axis) => shape[axis]! > 0)) context.setConstant(1, shape.map((size, axis) => (changed.includes(axis) && size > 0 ? target[axis]! : size)));
    return;
  }
  mendConcatenatedShape(context, changed, target);
}

function mendConcatenatedShape(context: MendContext, changed: readonly number[], target: readonly number[]): void {
  const concat = context.graph.producer(context.input(1));
  if (concat?.opType !== 'Concat') return;
  let axis = 0;
  concat.input.forEach((part, i) => {
    const tensor = context.graph.initializer(part);
    const length = tensor ? (tensorDims(tensor)[0] ?? 1) : 1;
    const sizes = tensor ? tensorToNumbers(tensor) : [];
    if (sizes.some((size, j) => size > 0 && changed.includes(axis + j))) {
      const mended = sizes.map((size, j) => (size > 0 && changed.includes(axis + j) ? target[axis + j]! : size));
      context.on(concat).setConstant(i, mended);
    }
    axis += length;
  });
}

const transpose: Rule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    const rank = context.dims(x).length;
    const given = intsAttribute(context.node, 'perm');
    const perm = given.length > 0 ? given : context.dims(x).map((_, axis) => rank - 1 - axis);
    perm.forEach((from, to) => context.link(x, from, y, to));
  },
};

/** Squeeze and Unsqueeze move axes of length 1 only. */
const squeeze: Rule = reshape();

const expand: Rule = {
  link(context) {
    context.broadcast(context.input(0), context.output());
    const [x, y] = [context.input(0), context.output()];
    const offset = context.dims(y).length - context.dims(x).length;
    const repeated = context.dims(y).map((_, axis) => axis).filter((axis) => context.dims(x)[axis - offset] !== context.dims(y)[axis]);
    context.pinAxes(y, repeated, 'repeats entries along this axis');
  },
  mend: mendShape,
};

const tile: Rule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    context.dims(x).forEach((length, axis) => {
      if (length === context.dims(y)[axis]) context.link(x, axis, y, axis);
      else for (const value of [x, y]) context.pinAxes(value, [axis], 'repeats this axis');
    });
  },
};

/** Axes of the same size pass (their scale is 1); a spelled-out size follows. */
const resize: Rule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    context.dims(x).forEach((length, axis) => {
      if (axis < 2 && length === context.dims(y)[axis]) context.link(x, axis, y, axis);
      else for (const value of [x, y]) context.pinAxes(value, [axis], 'resamples this axis');
    });
  },
  mend(context) {
    const sizes = context.constant(3);
    const target = context.newDims(context.output());
    if (sizes?.length === target.length && sizes.some((size, axis) => size !== target[axis])) context.setConstant(3, target);
  },
};

const pad: Rule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    const pads = context.input(1) ? context.constant(1) : intsAttribute(context.node, 'pads');
    if (!pads || pads.length !== 2 * context.dims(x).length) return context.pinNode('pads by computed amounts');
    context.dims(x).forEach((length, axis) => {
      const before = pads[axis]!;
      if (before < 0 || length + before > context.dims(y)[axis]!) return [x, y].forEach((value) => context.pinAxes(value, [axis], 'crops this axis'));
      if (length === context.dims(y)[axis]) return context.link(x, axis, y, axis);
      context.pinAxes(y, [axis], 'pads this axis');
      context.pinAxes(x, [axis], 'pads this axis');
    });
  },
};

/** The result describes sizes, which the runtime computes anew. */
const size: Rule = { link: () => undefined };

export const shape: Rules = {
  Reshape: reshape(mendShape),
  Flatten: reshape(),
  Squeeze: squeeze,
  Unsqueeze: squeeze,
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  Resize: resize,
  Upsample: resize,
  Pad: pad,
  Shape: size,
  Size: size,
  DepthToSpace: {
    link(context) {
      context.link(context.input(0), 0, context.output(), 0);
      linkPixelShuffle(context);
    },
  },
};

/** DCR: y[c] from x[(bh·b + bw)·C' + c]; CRD: from x[c·b² + bh·b + bw]. */
function linkPixelShuffle(context: LinkContext): void {
  const { coordinates: at, node } = context;
  const [x, y] = [context.input(0), context.output()];
  const block = intAttribute(node, 'blocksize', 1) ** 2;
  const channels = context.dims(y)[1]!;
  const isColumnRow = node.attribute.some((attribute) => attribute.name === 'mode' && new TextDecoder().decode(attribute.s) === 'CRD');
  for (let flat = 0; flat < channels * block; flat++) at.link(at.at(x, 1, flat), at.at(y, 1, isColumnRow ? Math.floor(flat / block) : flat % channels));
  for (const value of [x, y]) context.pinAxes(value, [2, 3].map((axis) => positiveAxis(axis, 4)), 'rearranges this axis');
}
