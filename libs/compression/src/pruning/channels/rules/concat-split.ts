import { intAttribute, intsAttribute, setAttribute, dimOf, elementOf } from '#onnx';
import { describe, positiveAxis, type LinkContext, type MendContext, type ChannelRule, type Rules } from './rule.js';

/** Links all axes but one, which the caller maps itself. */
function linkOthers(context: LinkContext, x: string, y: string, mapped: number): void {
  context.dims(x).forEach((length, axis) => {
    if (axis !== mapped && length === context.dims(y)[axis]) context.link(x, axis, y, axis);
  });
}

function axisOf(context: LinkContext | MendContext, fallback: number): number {
  return positiveAxis(intAttribute(context.node, 'axis', fallback), context.dims(context.input(0)).length);
}

/** y = [x₀ | x₁ | …]: each part at its offset. */
const concat: ChannelRule = {
  link(context) {
    const y = context.output();
    const axis = positiveAxis(intAttribute(context.node, 'axis', 1), context.dims(y).length);
    let offset = 0;
    for (const x of context.node.input) {
      linkOthers(context, x, y, axis);
      context.coordinates.linkAxes(x, axis, y, axis, { offsetB: offset, count: context.dims(x)[axis]! });
      offset += context.dims(x)[axis]!;
    }
  },
};

/** The inverse of Concat; parts that were equal and stay so need no sizes, others get them. */
const split: ChannelRule = {
  link(context) {
    const x = context.input(0);
    const axis = axisOf(context, 0);
    let offset = 0;
    for (const y of context.node.output) {
      linkOthers(context, x, y, axis);
      const count = context.dims(y)[axis]!;
      context.coordinates.linkAxes(x, axis, y, axis, { offsetA: offset, count });
      offset += count;
    }
  },
  mend(context) {
    const axis = axisOf(context, 0);
    if (!context.isChanged(context.input(0), axis)) return;
    const sizes = context.node.output.map((y) => context.kept(y, axis).length);
    const isSpelledOut = context.input(1) !== '' || context.node.attribute.some(({ name }) => name === 'split');
    if (!isSpelledOut && sizes.every((size) => size === sizes[0])) return;
    if (context.graph.opset() < 13) return setAttribute(context.node, 'split', sizes);
    context.node.attribute = context.node.attribute.filter(({ name }) => name !== 'num_outputs');
    context.setConstant(1, sizes);
  },
};

interface SlicedAxis {
  axis: number;
  start: number;
  end: number;
  step: number;
}

/** y[i] = x[start + i]; entries outside the slice are free. */
const slice: ChannelRule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    const sliced = slicedAxes(context);
    if (!sliced) return context.pinNode('slices at computed places');
    context.dims(x).forEach((_, axis) => {
      const part = sliced.find((entry) => entry.axis === axis);
      if (!part) context.link(x, axis, y, axis);
      else if (part.step === 1)
        context.coordinates.linkAxes(x, axis, y, axis, { offsetA: part.start, count: context.dims(y)[axis]! });
      else for (const value of [x, y]) context.pinAxes(value, [axis], 'slices this axis with a step');
    });
  },
  mend(context) {
    const x = context.input(0);
    const sliced = slicedAxes(context);
    if (!sliced?.some(({ axis }) => context.isChanged(x, axis))) return;
    const before = (axis: number, bound: number) => context.kept(x, axis).filter((index) => index < bound).length;
    const moved = (axis: number, bound: number, step: number) => (step === 1 ? before(axis, bound) : bound);
    const starts = sliced.map(({ axis, start, step }) => moved(axis, start, step));
    const ends = sliced.map(({ axis, end, step }) => moved(axis, end, step));
    if (context.graph.opset() < 10) {
      setAttribute(context.node, 'starts', starts);
      setAttribute(context.node, 'ends', ends);
    } else {
      context.setConstant(1, starts);
      context.setConstant(2, ends);
    }
  },
};

function slicedAxes(context: LinkContext | MendContext): SlicedAxis[] | undefined {
  const isOld = context.graph.opset() < 10;
  const read = (input: number, attribute: string) =>
    isOld ? intsAttribute(context.node, attribute) : context.constant(input);
  const [starts, ends] = [read(1, 'starts'), read(2, 'ends')];
  if (!starts || !ends) return undefined;
  const dims = context.dims(context.input(0));
  const constantAxes = context.input(3) ? context.constant(3) : [];
  const givenAxes = isOld ? intsAttribute(context.node, 'axes') : constantAxes;
  if (!givenAxes) return undefined;
  const steps = !isOld && context.input(4) ? context.constant(4) : starts.map(() => 1);
  if (!steps) return undefined;
  const axes = givenAxes.length > 0 ? givenAxes : starts.map((_, i) => i);
  return axes.map((given, i) => {
    const axis = positiveAxis(given, dims.length);
    const dim = dimOf(dims, axis);
    const clamp = (bound: number) => Math.min(dim, Math.max(0, bound < 0 ? bound + dim : bound));
    return steps[i] === 1
      ? { axis, start: clamp(elementOf(starts, i, 'starts')), end: clamp(elementOf(ends, i, 'ends')), step: 1 }
      : {
          axis,
          start: elementOf(starts, i, 'starts'),
          end: elementOf(ends, i, 'ends'),
          step: elementOf(steps, i, 'steps'),
        };
  });
}

/**
 * y[…, j…, …] = x[…, indices[j…], …]. Constant indices into a computed axis are a selection of channels and follow it;
 * computed indices, and codebooks, keep the axis whole.
 */
const gather: ChannelRule = {
  link(context) {
    const [x, indices, y] = [context.input(0), context.input(1), context.output()];
    const axis = axisOf(context, 0);
    const rank = context.dims(indices).length;
    context.dims(x).forEach((_, at) => {
      if (at < axis) context.link(x, at, y, at);
      else if (at > axis) context.link(x, at, y, at - 1 + rank);
    });
    context.dims(indices).forEach((_, at) => context.link(indices, at, y, axis + at));
    const chosen = context.constant(1);
    if (!chosen || rank > 1 || context.graph.initializer(x))
      return context.pinAxes(x, [axis], 'looks entries of this axis up');
    const length = context.dims(x)[axis]!;
    const at = context.coordinates;
    chosen.forEach((index, i) => {
      const entry = at.at(x, axis, positiveAxis(index, length));
      if (rank === 0) at.pin(entry, `${describe(context.node)} picks this entry`);
      else at.link(entry, at.at(y, axis, i));
    });
  },
  mend(context) {
    const x = context.input(0);
    const axis = axisOf(context, 0);
    const chosen = context.constant(1);
    if (!chosen || context.dims(context.input(1)).length > 1 || !context.isChanged(x, axis)) return;
    const place = new Map(context.kept(x, axis).map((old, now) => [old, now]));
    const length = context.dims(x)[axis]!;
    const remapped = chosen.flatMap((index) => place.get(positiveAxis(index, length)) ?? []);
    const isScalar = context.dims(context.input(1)).length === 0;
    context.setConstant(1, remapped, isScalar ? [] : [remapped.length]);
  },
};

export const concatSplit: Rules = { Concat: concat, Split: split, Slice: slice, Gather: gather };
