import { intAttribute, intsAttribute, makeNode, stringAttribute, type NodeProto, dimOf, elementOf } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../errors.js';
import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule, RuleContext } from '../rule.js';

export type ShapeOp =
  | 'Reshape'
  | 'Flatten'
  | 'Squeeze'
  | 'Unsqueeze'
  | 'Transpose'
  | 'Concat'
  | 'Split'
  | 'Slice'
  | 'Pad'
  | 'Gather'
  | 'Tile'
  | 'Resize'
  | 'DepthToSpace'
  | 'SpaceToDepth';

/** Operators that move elements without changing them (Resize: that mix them linearly). */
export const SHAPE_RULES: Record<ShapeOp, GradientRule> = {
  Reshape: sameElements,
  Flatten: sameElements,
  Squeeze: sameElements,
  Unsqueeze: sameElements,
  Transpose: ({ node, g, x: [x], dY }) => {
    const perm = intsAttribute(node, 'perm', [...g.dims(x).keys()].reverse());
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    return [() => g.transpose(dY, inverse)];
  },
  Concat: ({ node, g, x, y: [y], dY }) => {
    const axis = positive(intAttribute(node, 'axis', 0), g.dims(y).length);
    let end = 0;
    return node.input.map((_, i) => {
      const start = end;
      end += g.dims(x[i]!)[axis]!;
      const stop = end;
      return () => g.slice(dY, [start], [stop], [axis]);
    });
  },
  Split: ({ node, g, x: [x], y, dYs }) => {
    const axis = positive(intAttribute(node, 'axis', 0), g.dims(x).length);
    const zeros = (i: number) => g.expand(g.scalar(0), g.dims(elementOf(y, i, 'outputs')));
    const parts = () => dYs.map((dY, i) => dY ?? zeros(i));
    return [() => g.concat(parts(), axis)];
  },
  Slice: (context) => [() => sliceGradient(context)],
  Pad: (context) => [() => padGradient(context)],
  Gather: (context) => [() => gatherGradient(context)],
  // Each repeat is an axis of its own in front of the axis it repeats, and is summed away.
  Tile: ({ g, x: [x], y: [y], dY }) => [
    () => {
      const [dims, tiled] = [g.dims(x), g.dims(y)];
      const repeated = dims.flatMap((dim, axis) => [dimOf(tiled, axis) / dim, dim]);
      const repeats = dims.map((_, axis) => 2 * axis);
      return g.sum(g.reshape(dY, repeated), repeats);
    },
  ],
  Resize: (context) => [() => resizeGradient(context)],
  DepthToSpace: ({ node, g, x: [x], dY }) => [
    () => {
      const block = intAttribute(node, 'blocksize', 1);
      if (stringAttribute(node, 'mode', 'DCR') === 'DCR') return g.op('SpaceToDepth', [dY], { blocksize: block });
      const [n, c, h, w] = g.dims(x) as [number, number, number, number];
      const apart = g.reshape(dY, [n, c / block ** 2, h, block, w, block]);
      const blocks = g.transpose(apart, [0, 1, 3, 5, 2, 4]);
      return g.reshape(blocks, [n, c, h, w]);
    },
  ],
  SpaceToDepth: ({ node, g, dY }) => [
    () => g.op('DepthToSpace', [dY], { blocksize: intAttribute(node, 'blocksize', 1) }),
  ],
};

function sameElements({ g, x: [x], dY }: RuleContext) {
  return [() => g.reshape(dY, g.dims(x))];
}

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function required(g: GradientBuilder, node: NodeProto, index: number, what: string): number[] {
  const numbers = g.numbers(node.input[index] ?? '');
  if (!numbers)
    throw new UnsupportedGradientError(
      nameOf(node),
      `its ${what} are computed while the graph runs; they must be constant`,
    );
  return numbers;
}

/** Zeros go back to where nothing was taken. A step other than one leaves gaps, which a selection matrix fills. */
function sliceGradient({ node, g, x: [x, , , axesName, stepsName], dY }: RuleContext): string {
  const dims = g.dims(x);
  const starts = required(g, node, 1, 'starts');
  const ends = required(g, node, 2, 'ends');
  const axes = g.numbers(axesName) ?? [...starts.keys()];
  const steps = g.numbers(stepsName) ?? starts.map(() => 1);
  const pads = [...dims, ...dims].map(() => 0);
  return axes.reduce((gradient, rawAxis, i) => {
    const axis = positive(rawAxis, dims.length);
    const dim = dimOf(dims, axis);
    const step = elementOf(steps, i, 'steps');
    const taken = sliceIndices(dim, elementOf(starts, i, 'starts'), elementOf(ends, i, 'ends'), step);
    if (step !== 1) return mapAxis(g, gradient, axis, dims.length, selection(taken, dim), [dim, taken.length]);
    const here = pads.slice();
    here[axis] = taken[0] ?? 0;
    here[axis + dims.length] = dim - elementOf(here, axis, 'here') - taken.length;
    return g.pad(gradient, here);
  }, dY);
}

function sliceIndices(dim: number, start: number, end: number, step: number): number[] {
  const clamp = (value: number, low: number, high: number) => {
    const fromBegin = value < 0 ? value + dim : value;
    return Math.min(Math.max(fromBegin, low), high);
  };
  const from = step > 0 ? clamp(start, 0, dim) : clamp(start, 0, dim - 1);
  const to = step > 0 ? clamp(end, 0, dim) : clamp(end, -1, dim - 1);
  const count = Math.max(0, Math.ceil((to - from) / step));
  return Array.from({ length: count }, (_, i) => from + i * step);
}

function selection(taken: readonly number[], dim: number): Float64Array {
  const matrix = new Float64Array(dim * taken.length);
  taken.forEach((index, column) => {
    matrix[index * taken.length + column]! += 1;
  });
  return matrix;
}

/** Applies a [to, from] matrix along one axis. */
function mapAxis(
  g: GradientBuilder,
  value: string,
  axis: number,
  rank: number,
  matrix: Float64Array | string,
  dims: readonly [number, number],
): string {
  const name = typeof matrix === 'string' ? matrix : g.tensor(matrix, dims);
  const perm = [...Array(rank).keys()].filter((other) => other !== axis).concat(axis);
  const axisLast = g.transpose(value, perm);
  const mapped = g.op('MatMul', [axisLast, g.transpose(name, [1, 0])]);
  const inverse = perm.map((_, i) => perm.indexOf(i));
  return g.transpose(mapped, inverse);
}

function padGradient({ node, g, x: [x, , , axesName], y: [y], dY }: RuleContext): string {
  const dims = g.dims(x);
  const given = required(g, node, 1, 'pads');
  const named = g.numbers(axesName) ?? [...dims.keys()];
  const axes = named.map((axis) => positive(axis, dims.length));
  const mode = stringAttribute(node, 'mode', 'constant');
  return axes.reduce((gradient, axis, i) => {
    const [begin, dim] = [elementOf(given, i, 'given'), dimOf(dims, axis)];
    const padded = g.dims(y)[axis]!;
    if (begin === 0 && padded === dim) return gradient;
    if (mode === 'constant' && begin >= 0 && elementOf(given, i + axes.length, 'given') >= 0)
      return g.slice(gradient, [begin], [begin + dim], [axis]);
    const source = Array.from({ length: padded }, (_, at) => padSource(mode, at - begin, dim));
    const matrix = new Float64Array(dim * padded);
    source.forEach((from, column) => {
      if (from !== null) matrix[from * padded + column]! += 1;
    });
    return mapAxis(g, gradient, axis, dims.length, matrix, [dim, padded]);
  }, dY);
}

/** The input element that a padded position repeats, null for a constant. */
function padSource(mode: string, at: number, dim: number): number | null {
  if (at >= 0 && at < dim) return at;
  if (mode === 'edge') return Math.min(Math.max(at, 0), dim - 1);
  if (mode === 'wrap') return ((at % dim) + dim) % dim;
  if (mode === 'reflect') return at < 0 ? -at : 2 * (dim - 1) - at;
  return null;
}

/** Rows that were read several times add up. */
function gatherGradient({ node, g, x: [x, indices], dY }: RuleContext): string {
  const dims = g.dims(x);
  const axis = positive(intAttribute(node, 'axis', 0), dims.length);
  const [before, after] = [dims.slice(0, axis), dims.slice(axis + 1)];
  const picked = g.dims(indices);
  const afterFrom = (first: number) => after.map((_, i) => first + i);
  const order = [...picked.map((_, i) => axis + i), ...before.keys(), ...afterFrom(axis + picked.length)];
  const zeros = g.expand(g.scalar(0), [dimOf(dims, axis), ...before, ...after]);
  const rows = g.reshape(g.op('Cast', [indices], { to: 7 }), [...picked, 1]);
  const summed = g.op('ScatterND', [zeros, rows, g.transpose(dY, order)], { reduction: 'add' });
  const back = [...before.map((_, i) => i + 1), 0, ...afterFrom(before.length + 1)];
  return g.transpose(summed, back);
}

/** Attributes of a Resize that say which axes it changes and to what size, not how. */
const EXTENT_ATTRIBUTES: ReadonlySet<string> = new Set(['axes', 'keep_aspect_ratio_policy']);

/** Resizing is linear and separable: per axis dX = Aᵀ · dY, where A is the same node applied to the identity matrix. */
function resizeGradient({ node, g, x: [x, , scales], y: [y], dY }: RuleContext): string {
  refuseResize(node);
  const [from, to] = [g.dims(x), g.dims(y)];
  const named = intsAttribute(node, 'axes', [...from.keys()]);
  const axes = named.map((axis) => positive(axis, from.length));
  return from.reduce<string>((gradient, dim, axis) => {
    const size = dimOf(to, axis);
    const extent = node.input[3]
      ? sizeExtent(g, dim, size)
      : scaleExtent(node, g, scales, axes.indexOf(axis), dim === size);
    if (!extent) return gradient;
    const diagonal = Float64Array.from({ length: dim * dim }, (_, i) => Number(i % (dim + 1) === 0));
    const identity = g.tensor(diagonal, [dim, dim]);
    const matrix = g.graph.fresh('Resize');
    const attribute = node.attribute.filter(({ name }) => !EXTENT_ATTRIBUTES.has(name));
    g.graph.append({ ...makeNode('Resize', [identity, '', ...extent], [matrix]), attribute });
    return mapAxis(g, gradient, axis, from.length, g.transpose(matrix, [1, 0]), [dim, size]);
  }, dY);
}

function refuseResize(node: NodeProto): void {
  if (stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize')
    throw new UnsupportedGradientError(nameOf(node), 'tf_crop_and_resize has no gradient');
  if (stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw new UnsupportedGradientError(
      nameOf(node),
      'of the policies for the aspect ratio only stretch has a gradient',
    );
}

/** Inputs `scales` and `sizes` of the axis' own Resize; null where the axis stays as it is. */
function sizeExtent(g: GradientBuilder, from: number, to: number): [string, string] | null {
  return from === to ? null : ['', g.ints([to, from])];
}

/**
 * A given scale is not the ratio of the sizes where that is rounded. One that is computed and changes no size is taken
 * for one.
 */
function scaleExtent(
  node: NodeProto,
  g: GradientBuilder,
  scales: string,
  at: number,
  isSameSize: boolean,
): [string] | null {
  const scale = at < 0 ? 1 : (g.numbers(scales)?.[at] ?? (isSameSize ? 1 : null));
  if (scale === 1) return null;
  // The runtime copies where it would have to mix.
  if (isSameSize) throw new UnsupportedGradientError(nameOf(node), `its scale ${scale} leaves a size as it is`);
  const own = g.slice(scales, [at], [at + 1], [0]);
  return [g.concat([own, g.tensor([1], [1])], 0)];
}
