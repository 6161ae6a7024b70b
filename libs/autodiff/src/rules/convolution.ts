import { hasAttribute, intsAttribute, stringAttribute, type NodeProto, elementOf, dimOf } from '#onnx';
import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule } from '../rule.js';
import { convolutionWeightGradient } from './convolution-weight.js';
import { stridedInputGradient } from './strided-input-gradient.js';
import { groupOf, product, span, windowOf, type Window } from './window.js';

export type ConvolutionOp = 'Conv' | 'ConvTranspose';

export const CONVOLUTION_RULES: Record<ConvolutionOp, GradientRule> = {
  Conv: ({ node, g, x: [x, w], y: [y], dY }) => {
    const [input, output, kernel] = [g.dims(x).slice(2), g.dims(y).slice(2), g.dims(w).slice(2)];
    const window = windowOf(node, kernel, input, output);
    const group = groupOf(node);
    return [
      () => inputGradient(g, dY, w, { window, group, input, output, batch: g.dims(x)[0]! }),
      () =>
        convolutionWeightGradient(g, {
          input: x,
          inputDims: g.dims(x),
          output: dY,
          outputDims: g.dims(y),
          window,
          group,
        }),
      () => biasGradient(g, dY, g.dims(y)),
    ];
  },
  // A transposed convolution is the input gradient of a convolution: its own gradients swap the parts.
  ConvTranspose: ({ node, g, x: [x, w], y: [y], dY }) => {
    const window = transposedWindow(node, g.dims(x).slice(2), g.dims(y).slice(2), g.dims(w).slice(2));
    const group = groupOf(node);
    return [
      () => transposedInputGradient(g, dY, w, g.dims(x), window, group),
      () =>
        convolutionWeightGradient(g, {
          input: dY,
          inputDims: g.dims(y),
          output: x,
          outputDims: g.dims(x),
          window,
          group,
        }),
      () => biasGradient(g, dY, g.dims(y)),
    ];
  },
};

interface ConvolutionShape {
  window: Window;
  group: number;
  input: readonly number[];
  output: readonly number[];
  batch: number;
}

/**
 * Positions of X per position of dY, and channels of dY per channel of X, from which on a transposed convolution is
 * faster in the standard layout (measured).
 */
const TRANSPOSE_FROM = { positions: 1.25, channels: 2 };

/**
 * Small dY with wide borders, or one of many channels: the convolution would mostly multiply padding, or have few rows
 * in each product.
 */
function prefersTransposed(g: GradientBuilder, w: string, { group, input, output }: ConvolutionShape): boolean {
  const [filters, channels] = g.dims(w) as [number, number];
  const isBlocked =
    g.block > 0 && input.length === 2 && channels % g.block === 0 && (filters % g.block === 0 || filters < g.block);
  return (
    group === 1 &&
    !isBlocked &&
    (product(input) >= TRANSPOSE_FROM.positions * product(output) || filters >= TRANSPOSE_FROM.channels * channels)
  );
}

/**
 * dX: a convolution of dY with the flipped kernel where the stride is one, phases of it or a transposed convolution
 * elsewhere.
 */
function inputGradient(g: GradientBuilder, dY: string, w: string, shape: ConvolutionShape): string {
  const { window, group } = shape;
  const reach = window.kernel.map((size, i) => span(size, elementOf(window.dilations, i, 'dilations')) - 1);
  const begins = reach.map((size, i) => size - elementOf(window.begins, i, 'begins'));
  const ends = reach.map((size, i) => size - elementOf(window.ends, i, 'ends'));
  if (
    window.strides.every((stride) => stride === 1) &&
    [...begins, ...ends].every((pad) => pad >= 0) &&
    !prefersTransposed(g, w, shape)
  ) {
    const [outputs, inputs] = g.dims(w) as [number, number];
    const flipped = g.note(flippedKernel(g, w, group), [group * inputs, outputs / group, ...window.kernel]);
    return g.op('Conv', [dY, flipped], {
      group,
      kernel_shape: window.kernel,
      dilations: window.dilations,
      pads: [...begins, ...ends],
    });
  }
  const inPhases = group === 1 ? stridedInputGradient(g, dY, w, shape, shape.batch) : null;
  if (inPhases !== null) return inPhases;
  const rest = shape.input.map(
    (size, i) =>
      size +
      elementOf(window.begins, i, 'begins') +
      elementOf(window.ends, i, 'ends') -
      ((elementOf(shape.output, i, 'output') - 1) * elementOf(window.strides, i, 'strides') +
        elementOf(reach, i, 'reach') +
        1),
  );
  return g.op('ConvTranspose', [dY, w], {
    group,
    kernel_shape: window.kernel,
    strides: window.strides,
    dilations: window.dilations,
    pads: [...window.begins, ...window.ends],
    output_padding: rest,
  });
}

/** [O, I/g, k…] -> [I, O/g, k…] with every spatial axis reversed. */
function flippedKernel(g: GradientBuilder, w: string, group: number): string {
  const [outputs, inputs, ...kernel] = g.dims(w) as [number, number, ...number[]];
  const axes = kernel.flatMap((size, i) => (size > 1 ? [i + 2] : []));
  const flipped =
    axes.length === 0
      ? w
      : g.slice(
          w,
          axes.map(() => -1),
          axes.map(() => -(2 ** 31)),
          axes,
          axes.map(() => -1),
        );
  if (group === 1) return g.transpose(flipped, [1, 0, ...kernel.map((_, i) => i + 2)]);
  if (inputs === 1 && outputs === group) return flipped;
  const grouped = g.reshape(flipped, [group, outputs / group, inputs, ...kernel]);
  return g.reshape(g.transpose(grouped, [0, 2, 1, ...kernel.map((_, i) => i + 3)]), [
    group * inputs,
    outputs / group,
    ...kernel,
  ]);
}

function biasGradient(g: GradientBuilder, dY: string, dims: readonly number[]): string {
  // Two sums: ORT is faster along contiguous axes than over all at once.
  const perSample = g.sum(dY, [...dims.keys()].slice(2));
  return g.sum(g.note(perSample, dims.slice(0, 2)), [0]);
}

function transposedInputGradient(
  g: GradientBuilder,
  dY: string,
  w: string,
  dims: readonly number[],
  window: Window,
  group: number,
): string {
  const value = g.op('Conv', [dY, w], {
    group,
    kernel_shape: window.kernel,
    strides: window.strides,
    dilations: window.dilations,
    pads: [...window.begins, ...window.ends],
  });
  const axes = dims.slice(2).map((_, i) => i + 2);
  // Output padding may let one window more fit than the input had positions.
  return g.slice(
    value,
    axes.map(() => 0),
    axes.map((axis) => dimOf(dims, axis)),
    axes,
  );
}

/**
 * The window of the convolution that this node transposes; without explicit pads they follow from the shapes, an odd
 * one going to the begin unless SAME_UPPER.
 */
function transposedWindow(
  node: NodeProto,
  input: readonly number[],
  output: readonly number[],
  kernel: readonly number[],
): Window {
  const window = windowOf(node, kernel, output, input);
  const full = kernel.map(
    (size, i) =>
      (elementOf(input, i, 'input') - 1) * elementOf(window.strides, i, 'strides') +
      span(size, elementOf(window.dilations, i, 'dilations')),
  );
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  const explicit = mode === 'NOTSET' && !hasAttribute(node, 'output_shape');
  const extra = intsAttribute(
    node,
    'output_padding',
    kernel.map(() => 0),
  );
  const begins = window.begins.map((pad, i) => {
    const half =
      Math.max(0, elementOf(full, i, 'full') + elementOf(extra, i, 'extra') - elementOf(output, i, 'output')) / 2;
    return explicit ? pad : mode === 'SAME_UPPER' ? Math.floor(half) : Math.ceil(half);
  });
  return {
    ...window,
    begins,
    ends: full.map((size, i) => Math.max(0, size - elementOf(output, i, 'output') - elementOf(begins, i, 'begins'))),
  };
}
