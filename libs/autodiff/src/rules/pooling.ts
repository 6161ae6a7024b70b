import { dimOf, elementOf, hasAttribute, intAttribute, intsAttribute, stringAttribute, type NodeProto } from '#onnx';
import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule, RuleContext } from '../rule.js';
import { coveredBy, product, taps, windowAlong, windowOf, type Window } from './window.js';

export type PoolingOp = 'MaxPool' | 'AveragePool' | 'GlobalAveragePool' | 'GlobalMaxPool';

export const POOLING_RULES: Record<PoolingOp, GradientRule> = {
  MaxPool: (context) => [() => maxPoolGradient(context)],
  AveragePool: (context) => [() => averagePoolGradient(context)],
  GlobalAveragePool: ({ g, x: [x], dY }) => [() => g.expand(g.scale(dY, 1 / product(g.dims(x).slice(2))), g.dims(x))],
  GlobalMaxPool: ({ g, x: [x], y: [y], dY }) => [
    () => {
      const hits = g.mask(g.op('Equal', [x, y]));
      return g.mul(g.div(hits, g.sum(hits, spatialAxes(g.dims(x)), true)), dY);
    },
  ],
};

function maxPoolGradient(context: RuleContext): string {
  const {
    node,
    g,
    x: [x],
    y: [y],
  } = context;
  const [input, output] = [g.dims(x).slice(2), g.dims(y).slice(2)];
  const window = windowOf(node, intsAttribute(node, 'kernel_shape'), input, output);
  if (!isTiling(window, input, output)) return scatteredMaxPoolGradient(context);
  return hasBlocks(context) ? blockedMaxPoolGradient(context, window) : tiledMaxPoolGradient(context, window);
}

/** Windows side by side that cover the input, apart from a rest at the end that no window reaches. */
function isTiling(window: Window, input: readonly number[], output: readonly number[]): boolean {
  return window.kernel.every((size, i) => {
    const { stride, dilation, begin, end } = windowAlong(window, i);
    const isPlain = stride === size && dilation === 1 && begin === 0 && end === 0;
    return isPlain && elementOf(output, i, 'output') * size <= elementOf(input, i, 'input');
  });
}

/** Repeats elements. */
const NEAREST = {
  mode: 'nearest',
  coordinate_transformation_mode: 'asymmetric',
  nearest_mode: 'floor',
};

/**
 * Each maximum is spread over its window and compared with the input. Flat areas of real images tie: the hits are
 * weighted by their position in the window, falling, so that a second maximum picks the first hit alone.
 */
function tiledMaxPoolGradient({ g, x: [x], y: [y], dY }: RuleContext, { kernel }: Window): string {
  const dims = g.dims(x);
  const windows = g.dims(y).slice(2);
  const covered = [...dims.slice(0, 2), ...windows.map((size, i) => size * elementOf(kernel, i, 'kernel'))];
  const axes = spatialAxes(dims).filter((axis) => elementOf(covered, axis, 'covered') < dimOf(dims, axis));
  const starts = axes.map(() => 0);
  const ends = axes.map((axis) => elementOf(covered, axis, 'covered'));
  const seen = axes.length === 0 ? x : g.slice(x, starts, ends, axes);
  const sizes = g.ints(covered);
  const spread = (value: string) => g.op('Resize', [value, '', '', sizes], NEAREST);
  const reached = g.mask(g.op('Equal', [seen, spread(y)]));
  const hits = g.mul(reached, priorities(g, covered.slice(2), kernel));
  const first = g.op('MaxPool', [hits], { kernel_shape: kernel, strides: kernel });
  const spreadGradient = spread(dY);
  const isFirst = g.mask(g.op('Equal', [hits, spread(first)]));
  const gradient = g.mul(spreadGradient, isFirst);
  const rest = dims.map((size, i) => size - elementOf(covered, i, 'covered'));
  return g.pad(gradient, [...dims.map(() => 0), ...rest]);
}

/** Images whose channels fill the blocks. */
function hasBlocks({ g, x: [x] }: RuleContext): boolean {
  const dims = g.dims(x);
  return g.block > 0 && dims.length === 4 && dimOf(dims, 1) % g.block === 0;
}

/** [N, C, H, W] */
type ImageDims = readonly [number, number, number, number];
/**
 * The same axis by axis, where the parts of a window are cheap to take apart: rows lie in one piece each, and with
 * channels in blocks so do columns. Rows come first, as their pieces are longer. An element wins against those before
 * it only if it is larger, so that one of several maxima gets the gradient: the first of the first column that has one.
 */
function blockedMaxPoolGradient({ g, x: [x], y: [y], dY }: RuleContext, { kernel }: Window): string {
  const [kernelHeight, kernelWidth] = kernel as [number, number];
  const dims = g.dims(x) as ImageDims;
  const [, , tall, wide] = g.dims(y) as ImageDims;
  const [samples, channels, height, width] = dims;
  const outer = (samples * channels) / g.block;
  const [covered, along] = [tall * kernelHeight, wide * kernelWidth];
  const whole = g.reshape(g.toBlocks(x), [outer, height, width, g.block]);
  const isExact = covered === height && along === width;
  const seen = isExact ? whole : g.slice(whole, [0, 0], [covered, along], [1, 2]);
  const down = contest(g, g.reshape(seen, [outer * tall, kernelHeight, along * g.block]), kernelHeight);
  const across = contest(g, g.reshape(down.best, [outer * tall * wide, kernelWidth, g.block]), kernelWidth);
  const entered = g.reshape(g.toBlocks(dY), [outer * tall * wide, 1, g.block]);
  const columns = g.reshape(across.gradient(entered), [outer * tall, 1, along * g.block]);
  const gradient = g.reshape(down.gradient(columns), [outer, covered, along, g.block]);
  const padded = g.pad(gradient, [0, 0, 0, 0, 0, height - covered, width - along, 0]);
  return g.fromBlocks(g.reshape(padded, dims), channels);
}

/** The maximum along the middle axis of [n, parts, m], kept, and how its gradient goes back to the parts. */
function contest(g: GradientBuilder, value: string, parts: number): { best: string; gradient(d: string): string } {
  const split = g.graph.ops('Split', parts, [value], { axis: 1, num_outputs: parts });
  const [first, ...later] = split as [string, ...string[]];
  const wins: string[] = [];
  const best = later.reduce((leader, part) => {
    wins.push(g.mask(g.op('Greater', [part, leader])));
    return g.op('Max', [leader, part]);
  }, first);
  const gradient = (d: string) => {
    let rest = d;
    const shares = wins.toReversed().map((win) => {
      const share = g.mul(rest, win);
      rest = g.sub(rest, share);
      return share;
    });
    return g.concat([rest, ...shares.toReversed()], 1);
  };
  return { best, gradient };
}

/** [1, 1, …]: within each window k, k-1, …, 1. */
function priorities(g: GradientBuilder, size: readonly number[], kernel: readonly number[]): string {
  const values = taps(size).map((position) => {
    const places = position.reduce((place, at, i) => {
      const length = elementOf(kernel, i, 'kernel');
      return place * length + (at % length);
    }, 0);
    return product(kernel) - places;
  });
  return g.tensor(values, [1, 1, ...size]);
}

/** Overlapping windows: the runtime's own indices say which element each window took. */
function scatteredMaxPoolGradient({ node, g, x: [x], y: [y], dY }: RuleContext): string {
  const padding = hasAttribute(node, 'auto_pad') ? { auto_pad: stringAttribute(node, 'auto_pad', 'NOTSET') } : {};
  const [, indices = ''] = g.graph.ops('MaxPool', 2, [x], {
    kernel_shape: intsAttribute(node, 'kernel_shape'),
    ...copied(node, ['strides', 'dilations', 'pads']),
    ...padding,
    ceil_mode: intAttribute(node, 'ceil_mode', 0),
  });
  const zeros = g.expand(g.scalar(0), [product(g.dims(x))]);
  const flat = [product(g.dims(y))];
  const [places, shares] = [g.reshape(indices, flat), g.reshape(dY, flat)];
  const summed = g.op('ScatterElements', [zeros, places, shares], { axis: 0, reduction: 'add' });
  return g.reshape(summed, g.dims(x));
}

function copied(node: NodeProto, names: readonly string[]): Record<string, number[]> {
  const given = names.filter((name) => hasAttribute(node, name));
  return Object.fromEntries(given.map((name) => [name, intsAttribute(node, name)]));
}

/** Each output position hands an equal share to what its window covered: a transposed convolution with ones. */
function averagePoolGradient({ node, g, x: [x], y: [y], dY }: RuleContext): string {
  const [batch, channels, ...input] = g.dims(x) as [number, number, ...number[]];
  const output = g.dims(y).slice(2);
  const window = windowOf(node, intsAttribute(node, 'kernel_shape'), input, output);
  const { kernel, strides, dilations } = window;
  const includesPads = intAttribute(node, 'count_include_pad', 0) === 1;
  const divisors = g.tensor(coverage(window, input, output, includesPads), [1, 1, ...output]);
  const shares = g.reshape(g.div(dY, divisors), [batch * channels, 1, ...output]);
  const ones = Array<number>(product(kernel)).fill(1);
  const filter = g.tensor(ones, [1, 1, ...kernel]);
  const spread = g.op('ConvTranspose', [shares, filter], { kernel_shape: kernel, strides, dilations });
  const axes = input.map((_, i) => i + 2);
  const rest = input.map((size, i) => {
    const along = windowAlong(window, i);
    return Math.max(0, size + along.begin - coveredBy(along, elementOf(output, i, 'output')));
  });
  const padded = g.pad(spread, [0, 0, ...input.map(() => 0), 0, 0, ...rest]);
  const ends = input.map((size, i) => size + elementOf(window.begins, i, 'begins'));
  return g.reshape(g.slice(padded, window.begins, ends, axes), g.dims(x));
}

/** How many elements each window divides by. */
function coverage(window: Window, input: readonly number[], output: readonly number[], includePads: boolean): number[] {
  const along = (axis: number, position: number) => {
    const { kernel, stride, dilation, begin, end } = windowAlong(window, axis);
    const size = elementOf(input, axis, 'input');
    const [low, high] = includePads ? [-begin, size + end] : [0, size];
    const seen = Array.from({ length: kernel }, (_, i) => position * stride - begin + i * dilation);
    return seen.filter((at) => at >= low && at < high).length;
  };
  return taps(output).map((position) => product(position.map((at, axis) => along(axis, at))));
}

function spatialAxes(dims: readonly number[]): number[] {
  return dims.slice(2).map((_, i) => i + 2);
}
