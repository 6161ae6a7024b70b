import {
  intAttribute,
  intsAttribute,
  stringAttribute,
  tensorToNumbers,
  type DataType,
  type Graph,
  elementCount,
  elementOf,
  inputOf,
} from '#onnx';
import { besideFactor, factorIndex, reshapeBlocks, shrinkingFactor, type ReshapeBlock } from '../reshape-blocks.js';
import { isTakenApart } from './taken-apart.js';
import { positiveAxis, type LinkContext, type MendContext, type ChannelRule, type Rules } from './rule.js';

/** Row-major reshapes of all kinds: one index map per block of axes that mix. */
function reshape(mend?: ChannelRule['mend']): ChannelRule {
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
  if (inputs.length === 1 && outputs.length === 1)
    return context.link(x, elementOf(inputs, 0, 'inputs'), y, elementOf(outputs, 0, 'outputs'));
  if (outputs.length === 1) {
    const free = inputs.findIndex((axis) => context.coordinates.isFree(x, axis));
    const whole = { whole: y, axis: elementOf(outputs, 0, 'outputs') };
    return linkFactors(context, { ...whole, parts: x, factors: inputs, which: free });
  }
  if (inputs.length === 1) {
    const usual = shrinkingFactor(context.dims(x).length, elementOf(inputs, 0, 'inputs'), outputs.length);
    const which = isTakenApart(context, y, elementOf(outputs, usual, 'outputs')) ? besideFactor(usual) : usual;
    return linkFactors(context, { whole: x, axis: elementOf(inputs, 0, 'inputs'), parts: y, factors: outputs, which });
  }
  if (inputs.length > 1 && outputs.length > 1) {
    const [one, other] = [sideOf(x, inputs), sideOf(y, outputs)];
    if (linkHeadsBesideBatch(context, one, other) || linkHeadsBesideBatch(context, other, one)) return;
  }
  context.pinAxes(x, inputs, 'mixes these axes');
  context.pinAxes(y, outputs, 'mixes these axes');
}

/** Axes of a value that a reshape mixes with others: the last of them, and those before it. */
interface Side {
  value: string;
  outer: readonly number[];
  inner: number;
}

const sideOf = (value: string, axes: readonly number[]): Side => ({
  value,
  outer: axes.slice(0, -1),
  inner: elementOf(axes, axes.length - 1, 'axes'),
});

/**
 * Attention heads that move from beside their width to beside the batch, as nn.MultiheadAttention has it:
 *
 *     [B, H·D] -> [B·H, D]            entries h·D … h·D + D - 1 meet b·H + h for every b
 *     [T, B·H, D] -> [T·B, H·D]       and back
 *
 * Heads go whole, in all samples at once; batch, steps and width stay. False where the lengths are of another kind.
 */
function linkHeadsBesideBatch(context: LinkContext, joined: Side, apart: Side): boolean {
  const { coordinates: at } = context;
  const lengthOf = (value: string, axis: number) => elementOf(context.dims(value), axis, 'dims');
  const steps = apart.outer.slice(0, -1);
  const rowAxis = elementOf(apart.outer, steps.length, 'axes');
  const [entries, width] = [lengthOf(joined.value, joined.inner), lengthOf(apart.value, apart.inner)];
  const [heads, rows] = [entries / width, lengthOf(apart.value, rowAxis)];
  const countOf = (value: string, axes: readonly number[]) => elementCount(axes.map((axis) => lengthOf(value, axis)));
  const isSame = countOf(joined.value, joined.outer) === (countOf(apart.value, steps) * rows) / heads;
  if (entries % width !== 0 || rows % heads !== 0 || !isSame) return false;
  context.pinAxes(joined.value, joined.outer, 'keeps these axes beside the heads');
  context.pinAxes(apart.value, [...steps, apart.inner], 'keeps these factors of the axis');
  const rowOf = (row: number) => at.at(apart.value, rowAxis, row);
  for (let entry = 0; entry < entries; entry++)
    at.link(at.at(joined.value, joined.inner, entry), rowOf(Math.floor(entry / width)));
  for (let row = heads; row < rows; row++) at.link(rowOf(row), rowOf(row % heads));
  return true;
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
  const index = factorIndex(
    factors.map((factor) => context.dims(parts)[factor]!),
    which,
  );
  const partAt = (flat: number) => at.at(parts, elementOf(factors, which, 'factors'), index(flat));
  for (let flat = 0; flat < context.dims(whole)[axis]!; flat++) at.link(at.at(whole, axis, flat), partAt(flat));
}

/** Rewrites the sizes that a constant shape input, or the constant parts of a computed one, spell out. */
function mendShape(context: MendContext): void {
  const y = context.output();
  const axes = [...context.dims(y).keys()];
  const changed = new Set(axes.filter((axis) => context.isChanged(y, axis)));
  if (changed.size > 0) mendSizes(context, 1, 0, { changed, before: context.dims(y), target: context.newDims(y) });
}

/** Sizes of axes before and after, and which of them change. */
interface SizeChange {
  changed: ReadonlySet<number>;
  before: readonly number[];
  target: readonly number[];
}

/**
 * Mends one input that yields sizes of the axes from `first` on: a constant, a Concat of constants and computed sizes, or
 * a computed size times a constant.
 */
function mendSizes(context: MendContext, index: number, first: number, change: SizeChange): void {
  const { changed, target } = change;
  const sizes = spelledOut(context.graph, context.input(index));
  if (sizes) {
    const isChanged = (size: number, i: number) => size > 0 && changed.has(first + i);
    const mended = sizes.values.map((size, i) => (isChanged(size, i) ? elementOf(target, first + i, 'target') : size));
    if (mended.some((size, i) => size !== sizes.values[i]))
      context.setConstant(index, mended, context.dims(context.input(index)), sizes.type);
    return;
  }
  const producer = context.graph.producer(context.input(index));
  if (producer && PASSES_SIZES.has(producer.opType)) mendSizes(context.on(producer), 0, first, change);
  if (producer?.opType === 'Mul' && changed.has(first)) mendFactor(context.on(producer), first, change);
  if (producer?.opType !== 'Concat') return;
  let axis = first;
  producer.input.forEach((part, i) => {
    mendSizes(context.on(producer), i, axis, change);
    axis += context.dims(part)[0] ?? 1;
  });
}

/** The constant of a product that yields one size, as the number of heads beside a free batch: it alone changes. */
function mendFactor(context: MendContext, axis: number, { before, target }: SizeChange): void {
  for (const index of [0, 1]) {
    const factor = spelledOut(context.graph, context.input(index));
    const [count = 0, ...others] = factor?.values ?? [];
    const mended = (count * elementOf(target, axis, 'target')) / elementOf(before, axis, 'before');
    if (!factor || others.length > 0 || mended === count || !Number.isInteger(mended)) continue;
    return context.setConstantOnce(index, [mended], context.dims(context.input(index)), factor.type);
  }
}

/** Operators that hand sizes on, perhaps in another type or rank. */
const PASSES_SIZES: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

/** Sizes that a constant holds, also where its type or rank is changed afterwards. */
function spelledOut(graph: Graph, value: string): { values: number[]; type: DataType } | undefined {
  const tensor = graph.initializer(value);
  if (tensor) return { values: tensorToNumbers(tensor), type: tensor.dataType };
  const producer = graph.producer(value);
  if (!producer || !PASSES_SIZES.has(producer.opType)) return undefined;
  const source = spelledOut(graph, inputOf(producer, 0));
  if (!source) return undefined;
  const type = producer.opType === 'Cast' ? intAttribute(producer, 'to', source.type) : source.type;
  return { values: source.values, type };
}

const transpose: ChannelRule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    const rank = context.dims(x).length;
    const given = intsAttribute(context.node, 'perm');
    const perm = given.length > 0 ? given : context.dims(x).map((_, axis) => rank - 1 - axis);
    perm.forEach((from, to) => context.link(x, from, y, to));
  },
};

/** Squeeze and Unsqueeze move axes of length 1 only. */
const squeeze: ChannelRule = reshape();

const expand: ChannelRule = {
  link(context) {
    context.broadcast(context.input(0), context.output());
    const [x, y] = [context.input(0), context.output()];
    // Entries of one number are all alike: any of them may go.
    if (elementCount(context.dims(x)) === 1 && context.graph.initializer(x)) return;
    const offset = context.dims(y).length - context.dims(x).length;
    const axes = [...context.dims(y).keys()];
    const repeated = axes.filter((axis) => context.dims(x)[axis - offset] !== context.dims(y)[axis]);
    context.pinAxes(y, repeated, 'repeats entries along this axis');
  },
  mend: mendShape,
};

const tile: ChannelRule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    context.dims(x).forEach((length, axis) => {
      if (length === context.dims(y)[axis]) context.link(x, axis, y, axis);
      else for (const value of [x, y]) context.pinAxes(value, [axis], 'repeats this axis');
    });
  },
};

/**
 * Axes of the same size pass (their scale is 1); a spelled-out size follows, whether of all axes or of those that
 * `axes` names.
 */
const resize: ChannelRule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    context.dims(x).forEach((length, axis) => {
      if (axis < 2 && length === context.dims(y)[axis]) context.link(x, axis, y, axis);
      else for (const value of [x, y]) context.pinAxes(value, [axis], 'resamples this axis');
    });
  },
  mend(context) {
    if (!context.input(3)) return;
    const y = context.output();
    const rank = context.dims(y).length;
    const given = intsAttribute(context.node, 'axes').map((axis) => positiveAxis(axis, rank));
    const axes = given.length > 0 ? given : context.dims(y).map((_, axis) => axis);
    const target = context.newDims(y);
    const isChanged = (axis: number) => context.isChanged(y, axis);
    const changed = new Set(axes.flatMap((axis, place) => (isChanged(axis) ? [place] : [])));
    const along = (dims: readonly number[]) => axes.map((axis) => elementOf(dims, axis, 'dims'));
    mendSizes(context, 3, 0, { changed, before: along(context.dims(y)), target: along(target) });
  },
};

/** Axes that are not padded pass; `pads` speaks of all axes, or of those that the fourth input names. */
const pad: ChannelRule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    const rank = context.dims(x).length;
    const pads = context.input(1) ? context.constant(1) : intsAttribute(context.node, 'pads');
    const named = context.input(3) ? context.constant(3) : [...context.dims(x).keys()];
    const axes = named?.map((axis) => positiveAxis(axis, rank));
    if (!pads || !axes || pads.length !== 2 * axes.length) return context.pinNode('pads by computed amounts');
    context.dims(x).forEach((_, axis) => {
      const place = axes.indexOf(axis);
      const amounts = place < 0 ? [] : [elementOf(pads, place, 'pads'), elementOf(pads, place + axes.length, 'pads')];
      if (amounts.every((amount) => amount === 0)) return context.link(x, axis, y, axis);
      for (const value of [x, y])
        context.pinAxes(value, [axis], amounts.some((amount) => amount < 0) ? 'crops this axis' : 'pads this axis');
    });
  },
};

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
  DepthToSpace: {
    link(context) {
      context.link(context.input(0), 0, context.output(), 0);
      const mode = stringAttribute(context.node, 'mode', 'DCR') === 'CRD' ? 'CRD' : 'DCR';
      linkPixelShuffle(context, { deep: context.input(0), wide: context.output(), mode });
    },
  },
  SpaceToDepth: {
    link(context) {
      context.link(context.input(0), 0, context.output(), 0);
      linkPixelShuffle(context, { deep: context.output(), wide: context.input(0), mode: 'DCR' });
    },
  },
};

/**
 * Channels of a value before and after a pixel shuffle: wide[c] meets deep[(bh·b + bw)·C' + c] (DCR), or deep[c·b² +
 * bh·b + bw] (CRD).
 */
function linkPixelShuffle(
  context: LinkContext,
  { deep, wide, mode }: { deep: string; wide: string; mode: 'DCR' | 'CRD' },
): void {
  const { coordinates: at, node } = context;
  const block = intAttribute(node, 'blocksize', 1) ** 2;
  const channels = context.dims(wide)[1]!;
  const channelOf = (flat: number) => (mode === 'CRD' ? Math.floor(flat / block) : flat % channels);
  for (let flat = 0; flat < channels * block; flat++) at.link(at.at(deep, 1, flat), at.at(wide, 1, channelOf(flat)));
  for (const value of [deep, wide]) context.pinAxes(value, [2, 3], 'rearranges this axis');
}
