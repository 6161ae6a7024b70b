import { DataType, intAttribute, stringAttribute, dimOf } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../errors.js';
import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule, RuleContext } from '../rule.js';

export type IndexingOp =
  | 'GatherElements'
  | 'GatherND'
  | 'ScatterElements'
  | 'ScatterND'
  | 'TopK'
  | 'CumSum'
  | 'Trilu'
  | 'ReverseSequence';

/** Operators that read or write elements by index, and those that keep, add up or turn round a part of each row. */
export const INDEXING_RULES: Record<IndexingOp, GradientRule> = {
  // Elements that were read several times add up.
  GatherElements: ({ node, g, x: [x, indices], dY }) => [
    () => g.op('ScatterElements', [zeros(g, x), indices, dY], { axis: axisOf(node, 0), reduction: 'add' }),
  ],
  GatherND: (context) => [
    () => {
      const {
        g,
        x: [x],
        dY,
      } = context;
      return g.op('ScatterND', [zeros(g, x), coordinates(context), dY], { reduction: 'add' });
    },
  ],
  ScatterElements: (context) => {
    const {
      node,
      g,
      x: [, indices, updates],
      dY,
    } = context;
    const axis = axisOf(node, 0);
    return [
      () => (isAdded(context) ? dY : g.op('ScatterElements', [dY, indices, zeros(g, updates)], { axis })),
      null,
      () => g.op('GatherElements', [dY, indices], { axis }),
    ];
  },
  ScatterND: (context) => {
    const {
      g,
      x: [, indices, updates],
      dY,
    } = context;
    return [
      () => (isAdded(context) ? dY : g.op('ScatterND', [dY, indices, zeros(g, updates)])),
      null,
      () => g.op('GatherND', [dY, indices]),
    ];
  },
  // The values go back to where they came from; the indices are no floats.
  TopK: ({ node, g, x: [x], y: [, indices], dY }) => [
    () => {
      if (indices === '') throw new UnsupportedGradientError(nameOf(node), 'its indices must be an output');
      const axis = axisOf(node, -1);
      return g.op('ScatterElements', [zeros(g, x), indices, dY], { axis });
    },
  ],
  // Each element counts in all sums that come after it: sums from the other end.
  CumSum: ({ node, g, x: [, axis], dY }) => [
    () => {
      const [exclusive, reverse] = [intAttribute(node, 'exclusive', 0), intAttribute(node, 'reverse', 0)];
      return g.op('CumSum', [dY, axis], { exclusive, reverse: 1 - reverse });
    },
  ],
  Trilu: ({ node, g, x: [, diagonal], dY }) => [
    () => g.op('Trilu', diagonal === '' ? [dY] : [dY, diagonal], { upper: intAttribute(node, 'upper', 1) }),
  ],
  ReverseSequence: ({ node, g, x: [, lengths], dY }) => [
    () => {
      const [batch, time] = [intAttribute(node, 'batch_axis', 1), intAttribute(node, 'time_axis', 0)];
      return g.op('ReverseSequence', [dY, lengths], { batch_axis: batch, time_axis: time });
    },
  ],
};

const axisOf = (node: RuleContext['node'], otherwise: number) => intAttribute(node, 'axis', otherwise);

function zeros(g: GradientBuilder, like: string): string {
  return g.expand(g.scalar(0), g.dims(like));
}

/** Whether updates are added to what is there rather than put in its place; other reductions have no rule. */
function isAdded({ node }: RuleContext): boolean {
  const reduction = stringAttribute(node, 'reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add')
    throw new UnsupportedGradientError(nameOf(node), `reduction "${reduction}" has no gradient, "none" and "add" have`);
  return reduction === 'add';
}

/** The indices of a GatherND in front of which stand those of the batch, as ScatterND wants them. */
function coordinates({ node, g, x: [, indices] }: RuleContext): string {
  const batched = intAttribute(node, 'batch_dims', 0);
  if (batched === 0) return indices;
  const dims = g.dims(indices).slice(0, -1);
  const places = Array.from({ length: batched }, (_, axis) => {
    const count = dimOf(dims, axis);
    const range = g.ints([...Array(count).keys()]);
    const alongAxis = dims.map((_dim, i) => (i === axis ? count : 1));
    const shaped = g.reshape(range, [...alongAxis, 1]);
    return g.expand(shaped, [...dims, 1]);
  });
  const picked = g.op('Cast', [indices], { to: DataType.INT64 });
  return g.concat([...places, picked], -1);
}
