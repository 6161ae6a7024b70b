import { hasAttribute, intAttribute, intsAttribute, type NodeProto, elementOf, dimOf } from '#onnx';
import { BLOCKED_DOMAIN, type GradientBuilder } from '../gradient-builder.js';
import type { GradientRule, RuleContext } from '../rule.js';
import { product, span, taps, windowOf, type Window } from './window.js';

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
  const window = windowOf(node, intsAttribute(node, 'kernel_shape'), g.dims(x).slice(2), g.dims(y).slice(2));
  if (!isTiling(window, g.dims(x).slice(2), g.dims(y).slice(2))) return scatteredMaxPoolGradient(context);
  return hasBlocks(context) ? blockedMaxPoolGradient(context, window) : tiledMaxPoolGradient(context, window);
}

/** Windows side by side that cover the input, apart from a rest at the end that no window reaches. */
function isTiling(
  { kernel, strides, dilations, begins, ends }: Window,
  input: readonly number[],
  output: readonly number[],
): boolean {
  return kernel.every(
    (size, i) =>
      size === strides[i] &&
      dilations[i] === 1 &&
      begins[i] === 0 &&
      ends[i] === 0 &&
      elementOf(output, i, 'output') * size <= elementOf(input, i, 'input'),
  );
}

/**
 * Each maximum is spread over its window and compared with the input. Flat areas of real images tie: the hits are
 * weighted by their position in the window, falling, so that a second maximum picks the first hit alone.
 */
function tiledMaxPoolGradient({ g, x: [x], y: [y], dY }: RuleContext, { kernel }: Window): string {
  const dims = g.dims(x);
  const covered = g.dims(y).map((size, i) => (i < 2 ? size : size * elementOf(kernel, i - 2, 'kernel')));
  const axes = spatialAxes(dims).filter((axis) => elementOf(covered, axis, 'covered') < dimOf(dims, axis));
  const seen =
    axes.length === 0
      ? x
      : g.slice(
          x,
          axes.map(() => 0),
          axes.map((axis) => elementOf(covered, axis, 'covered')),
          axes,
        );
  const spread = (value: string) =>
    g.op('Resize', [value, '', '', g.ints(covered)], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
  const hits = g.mul(g.mask(g.op('Equal', [seen, spread(y)])), priorities(g, covered.slice(2), kernel));
  const first = g.op('MaxPool', [hits], { kernel_shape: kernel, strides: kernel });
  const gradient = g.mul(spread(dY), g.mask(g.op('Equal', [hits, spread(first)])));
  return g.pad(gradient, [...dims.map(() => 0), ...dims.map((size, i) => size - elementOf(covered, i, 'covered'))]);
}

/** Images whose channels fill the blocks. */
function hasBlocks({ g, x: [x] }: RuleContext): boolean {
  return g.block > 0 && g.dims(x).length === 4 && g.dims(x)[1]! % g.block === 0;
}

/**
 * The same axis by axis, where the parts of a window are cheap to take apart: rows lie in one piece each, and with
 * channels in blocks so do columns. Rows come first, as their pieces are longer. An element wins against those before
 * it only if it is larger, so that one of several maxima gets the gradient: the first of the first column that has one.
 */
function blockedMaxPoolGradient({ g, x: [x], y: [y], dY }: RuleContext, { kernel }: Window): string {
  const [dims, [, , tall, wide]] = [g.dims(x), g.dims(y)] as [
    readonly [number, number, number, number],
    readonly [number, number, number, number],
  ];
  const [samples, channels, height, width] = dims;
  const outer = (samples * channels) / g.block;
  const [covered, along] = [tall * elementOf(kernel, 0, 'kernel'), wide * elementOf(kernel, 1, 'kernel')];
  const enter = (value: string) => g.op('ReorderInput', [value], {}, BLOCKED_DOMAIN);
  const whole = g.reshape(enter(x), [outer, height, width, g.block]);
  const seen = covered === height && along === width ? whole : g.slice(whole, [0, 0], [covered, along], [1, 2]);
  const down = contest(
    g,
    g.reshape(seen, [outer * tall, elementOf(kernel, 0, 'kernel'), along * g.block]),
    elementOf(kernel, 0, 'kernel'),
  );
  const across = contest(
    g,
    g.reshape(down.best, [outer * tall * wide, elementOf(kernel, 1, 'kernel'), g.block]),
    elementOf(kernel, 1, 'kernel'),
  );
  const columns = g.reshape(across.gradient(g.reshape(enter(dY), [outer * tall * wide, 1, g.block])), [
    outer * tall,
    1,
    along * g.block,
  ]);
  const gradient = g.reshape(down.gradient(columns), [outer, covered, along, g.block]);
  const padded = g.pad(gradient, [0, 0, 0, 0, 0, height - covered, width - along, 0]);
  return g.op('ReorderOutput', [g.reshape(padded, dims)], { channels }, BLOCKED_DOMAIN);
}

/** The maximum along the middle axis of [n, parts, m], kept, and how its gradient goes back to the parts. */
function contest(g: GradientBuilder, value: string, parts: number): { best: string; gradient(d: string): string } {
  const [first, ...later] = g.graph.ops('Split', parts, [value], { axis: 1, num_outputs: parts }) as [
    string,
    ...string[],
  ];
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
  const values = taps(size).map(
    (position) =>
      product(kernel) -
      position.reduce(
        (index, at, i) => index * elementOf(kernel, i, 'kernel') + (at % elementOf(kernel, i, 'kernel')),
        0,
      ),
  );
  return g.tensor(values, [1, 1, ...size]);
}

/** Overlapping windows: the runtime's own indices say which element each window took. */
function scatteredMaxPoolGradient({ node, g, x: [x], y: [y], dY }: RuleContext): string {
  const [, indices] = g.graph.ops('MaxPool', 2, [x], {
    kernel_shape: intsAttribute(node, 'kernel_shape'),
    ...copied(node, ['strides', 'dilations', 'pads']),
    ...(hasAttribute(node, 'auto_pad')
      ? { auto_pad: new TextDecoder().decode(node.attribute.find((a) => a.name === 'auto_pad')!.s) }
      : {}),
    ceil_mode: intAttribute(node, 'ceil_mode', 0),
  });
  const zeros = g.expand(g.scalar(0), [product(g.dims(x))]);
  const flat = [product(g.dims(y))];
  return g.reshape(
    g.op('ScatterElements', [zeros, g.reshape(indices!, flat), g.reshape(dY, flat)], { axis: 0, reduction: 'add' }),
    g.dims(x),
  );
}

function copied(node: NodeProto, names: readonly string[]): Record<string, number[]> {
  return Object.fromEntries(
    names.filter((name) => hasAttribute(node, name)).map((name) => [name, intsAttribute(node, name)]),
  );
}

/** Each output position hands an equal share to what its window covered: a transposed convolution with ones. */
function averagePoolGradient({ node, g, x: [x], y: [y], dY }: RuleContext): string {
  const [batch, channels, ...input] = g.dims(x) as [number, number, ...number[]];
  const output = g.dims(y).slice(2);
  const window = windowOf(node, intsAttribute(node, 'kernel_shape'), input, output);
  const shares = g.div(
    dY,
    g.tensor(coverage(window, input, output, intAttribute(node, 'count_include_pad', 0) === 1), [1, 1, ...output]),
  );
  const spread = g.op(
    'ConvTranspose',
    [
      g.reshape(shares, [batch * channels, 1, ...output]),
      g.tensor(Array<number>(product(window.kernel)).fill(1), [1, 1, ...window.kernel]),
    ],
    {
      kernel_shape: window.kernel,
      strides: window.strides,
      dilations: window.dilations,
    },
  );
  const reached = window.kernel.map(
    (size, i) =>
      (elementOf(output, i, 'output') - 1) * elementOf(window.strides, i, 'strides') +
      span(size, elementOf(window.dilations, i, 'dilations')),
  );
  const axes = input.map((_, i) => i + 2);
  const rest = input.map((size, i) =>
    Math.max(0, size + elementOf(window.begins, i, 'begins') - elementOf(reached, i, 'reached')),
  );
  const padded = g.pad(spread, [0, 0, ...input.map(() => 0), 0, 0, ...rest]);
  return g.reshape(
    g.slice(
      padded,
      window.begins,
      input.map((size, i) => size + elementOf(window.begins, i, 'begins')),
      axes,
    ),
    g.dims(x),
  );
}

/** How many elements each window divides by. */
function coverage(window: Window, input: readonly number[], output: readonly number[], includePads: boolean): number[] {
  const along = (axis: number, position: number) => {
    const [low, high] = includePads
      ? [
          -elementOf(window.begins, axis, 'begins'),
          elementOf(input, axis, 'input') + elementOf(window.ends, axis, 'ends'),
        ]
      : [0, elementOf(input, axis, 'input')];
    const start = position * elementOf(window.strides, axis, 'strides') - elementOf(window.begins, axis, 'begins');
    return Array.from(
      { length: elementOf(window.kernel, axis, 'kernel') },
      (_, i) => start + i * elementOf(window.dilations, axis, 'dilations'),
    ).filter((at) => at >= low && at < high).length;
  };
  return taps(output).map((position) => product(position.map((at, axis) => along(axis, at))));
}

function spatialAxes(dims: readonly number[]): number[] {
  return dims.slice(2).map((_, i) => i + 2);
}
