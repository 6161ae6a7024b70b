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
    return [
      () =>
        g.transpose(
          dY,
          perm.map((_, axis) => perm.indexOf(axis)),
        ),
    ];
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
    return [
      () =>
        g.concat(
          dYs.map((dY, i) => dY ?? g.expand(g.scalar(0), g.dims(y[i]!))),
          axis,
        ),
    ];
  },
  Slice: (context) => [() => sliceGradient(context)],
  Pad: (context) => [() => padGradient(context)],
  Gather: (context) => [() => gatherGradient(context)],
  // Each repeat is an axis of its own in front of the axis it repeats, and is summed away.
  Tile: ({ g, x: [x], y: [y], dY }) => [
    () => {
      const repeated = g.dims(x).flatMap((dim, axis) => [g.dims(y)[axis]! / dim, dim]);
      return g.sum(
        g.reshape(dY, repeated),
        g.dims(x).map((_, axis) => 2 * axis),
      );
    },
  ],
  Resize: (context) => [() => resizeGradient(context)],
  DepthToSpace: ({ node, g, x: [x], dY }) => [
    () => {
      const block = intAttribute(node, 'blocksize', 1);
      if (stringAttribute(node, 'mode', 'DCR') === 'DCR') return g.op('SpaceToDepth', [dY], { blocksize: block });
      const [n, c, h, w] = g.dims(x) as [number, number, number, number];
      const blocks = g.transpose(g.reshape(dY, [n, c / block ** 2, h, block, w, block]), [0, 1, 3, 5, 2, 4]);
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
    const taken = sliceIndices(
      dimOf(dims, axis),
      elementOf(starts, i, 'starts'),
      elementOf(ends, i, 'ends'),
      elementOf(steps, i, 'steps'),
    );
    if (steps[i] !== 1)
      return mapAxis(g, gradient, axis, dims.length, selection(taken, dimOf(dims, axis)), [
        dimOf(dims, axis),
        taken.length,
      ]);
    const here = pads.slice();
    here[axis] = taken[0] ?? 0;
    here[axis + dims.length] = dimOf(dims, axis) - elementOf(here, axis, 'here') - taken.length;
    return g.pad(gradient, here);
  }, dY);
}

function sliceIndices(dim: number, start: number, end: number, step: number): number[] {
  const clamp = (value: number, low: number, high: number) =>
    Math.min(Math.max(value < 0 ? value + dim : value, low), high);
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
  const mapped = g.op('MatMul', [g.transpose(value, perm), g.transpose(name, [1, 0])]);
  return g.transpose(
    mapped,
    perm.map((_, i) => perm.indexOf(i)),
  );
}

function padGradient({ node, g, x: [x, , , axesName], y: [y], dY }: RuleContext): string {
  const dims = g.dims(x);
  const given = required(g, node, 1, 'pads');
  const axes = (g.numbers(axesName) ?? [...dims.keys()]).map((axis) => positive(axis, dims.length));
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
  const [before, after, picked] = [dims.slice(0, axis), dims.slice(axis + 1), g.dims(indices)];
  const order = [...picked.map((_, i) => axis + i), ...before.keys(), ...after.map((_, i) => axis + picked.length + i)];
  const zeros = g.expand(g.scalar(0), [dimOf(dims, axis), ...before, ...after]);
  const rows = g.reshape(g.op('Cast', [indices], { to: 7 }), [...picked, 1]);
  const summed = g.op('ScatterND', [zeros, rows, g.transpose(dY, order)], { reduction: 'add' });
  const back = [...before.map((_, i) => i + 1), 0, ...after.map((_, i) => before.length + 1 + i)];
  return g.transpose(summed, back);
}

/** Attributes of a Resize that say which axes it changes and to what size, not how. */
const EXTENT_ATTRIBUTES: ReadonlySet<string> = new Set(['axes', 'keep_aspect_ratio_policy']);

/** Resizing is linear and separable: per axis dX = Aᵀ · dY, where A is the same node applied to the identity matrix. */
function resizeGradient({ node, g, x: [x, , scales], y: [y], dY }: RuleContext): string {
  refuseResize(node);
  const [from, to] = [g.dims(x), g.dims(y)];
  const axes = intsAttribute(node, 'axes', [...from.keys()]).map((axis) => positive(axis, from.length));
  return from.reduce<string>((gradient, dim, axis) => {
    const extent = node.input[3]
      ? sizeExtent(g, dim, to[axis]!)
      : scaleExtent(node, g, scales, axes.indexOf(axis), dim === to[axis]);
    if (!extent) return gradient;
    const identity = g.tensor(
      Float64Array.from({ length: dim * dim }, (_, i) => Number(i % (dim + 1) === 0)),
      [dim, dim],
    );
    const matrix = g.graph.fresh('Resize');
    g.graph.append({
      ...makeNode('Resize', [identity, '', ...extent], [matrix]),
      attribute: node.attribute.filter(({ name }) => !EXTENT_ATTRIBUTES.has(name)),
    });
    return mapAxis(g, gradient, axis, from.length, g.transpose(matrix, [1, 0]), [dim, to[axis]!]);
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
  return [g.concat([g.slice(scales, [at], [at + 1], [0]), g.tensor([1], [1])], 0)];
}
