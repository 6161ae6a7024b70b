import { hasAttribute, intsAttribute, stringAttribute, type NodeProto, elementOf, dimOf } from '#onnx';
import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule } from '../rule.js';
import { convolutionWeightGradient } from './convolution-weight.js';
import { stridedInputGradient } from './strided-input-gradient.js';
import { coveredBy, groupOf, product, span, windowAlong, windowOf, type Window } from './window.js';

export type ConvolutionOp = 'Conv' | 'ConvTranspose';

export const CONVOLUTION_RULES: Record<ConvolutionOp, GradientRule> = {
  Conv: ({ node, g, x: [x, w], y: [y], dY }) => {
    const [input, output] = [spatialDims(g, x), spatialDims(g, y)];
    const window = windowOf(node, spatialDims(g, w), input, output);
    const group = groupOf(node);
    const weight = () => {
      const [inputDims, outputDims] = [g.dims(x), g.dims(y)];
      return convolutionWeightGradient(g, { input: x, inputDims, output: dY, outputDims, window, group });
    };
    return [
      () => inputGradient(g, dY, w, { window, group, input, output, batch: dimOf(g.dims(x), 0) }),
      weight,
      () => biasGradient(g, dY, g.dims(y)),
    ];
  },
  // A transposed convolution is the input gradient of a convolution: its own gradients swap the parts.
  ConvTranspose: ({ node, g, x: [x, w], y: [y], dY }) => {
    const window = transposedWindow(node, spatialDims(g, x), spatialDims(g, y), spatialDims(g, w));
    const group = groupOf(node);
    const weight = () => {
      const [inputDims, outputDims] = [g.dims(y), g.dims(x)];
      return convolutionWeightGradient(g, { input: dY, inputDims, output: x, outputDims, window, group });
    };
    return [
      () => transposedInputGradient(g, dY, w, g.dims(x), window, group),
      weight,
      () => biasGradient(g, dY, g.dims(y)),
    ];
  },
};

function spatialDims(g: GradientBuilder, value: string): readonly number[] {
  return g.dims(value).slice(2);
}

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
  const fillsBlocks = channels % g.block === 0 && (filters % g.block === 0 || filters < g.block);
  if (group !== 1 || (g.block > 0 && input.length === 2 && fillsBlocks)) return false;
  const isSmaller = product(input) >= TRANSPOSE_FROM.positions * product(output);
  return isSmaller || filters >= TRANSPOSE_FROM.channels * channels;
}

/**
 * dX: a convolution of dY with the flipped kernel where the stride is one, phases of it or a transposed convolution
 * elsewhere.
 */
function inputGradient(g: GradientBuilder, dY: string, w: string, shape: ConvolutionShape): string {
  const { window, group } = shape;
  const reach = window.kernel.map((_, i) => reachAlong(window, i));
  const begins = reach.map((size, i) => size - elementOf(window.begins, i, 'begins'));
  const ends = reach.map((size, i) => size - elementOf(window.ends, i, 'ends'));
  const isUnstrided = window.strides.every((stride) => stride === 1);
  const isPadded = [...begins, ...ends].every((pad) => pad >= 0);
  if (isUnstrided && isPadded && !prefersTransposed(g, w, shape)) {
    const [outputs, inputs] = g.dims(w) as [number, number];
    const flipped = g.note(flippedKernel(g, w, group), [group * inputs, outputs / group, ...window.kernel]);
    const { kernel: kernel_shape, dilations } = window;
    return g.op('Conv', [dY, flipped], { group, kernel_shape, dilations, pads: [...begins, ...ends] });
  }
  const inPhases = group === 1 ? stridedInputGradient(g, dY, w, shape, shape.batch) : null;
  if (inPhases !== null) return inPhases;
  const rest = shape.input.map((size, i) => {
    const { stride, begin, end } = windowAlong(window, i);
    const read = (elementOf(shape.output, i, 'output') - 1) * stride + elementOf(reach, i, 'reach') + 1;
    return size + begin + end - read;
  });
  return g.op('ConvTranspose', [dY, w], { group, ...attributesOf(window), output_padding: rest });
}

/** Positions that a kernel reaches along one axis beside its first. */
function reachAlong(window: Window, axis: number): number {
  const { kernel, dilation } = windowAlong(window, axis);
  return span(kernel, dilation) - 1;
}

function attributesOf({ kernel, strides, dilations, begins, ends }: Window) {
  return { kernel_shape: kernel, strides, dilations, pads: [...begins, ...ends] };
}

/** [O, I/g, k…] -> [I, O/g, k…] with every spatial axis reversed. */
function flippedKernel(g: GradientBuilder, w: string, group: number): string {
  const [outputs, inputs, ...kernel] = g.dims(w) as [number, number, ...number[]];
  const axes = kernel.flatMap((size, i) => (size > 1 ? [i + 2] : []));
  const fromEnd = axes.map(() => -1);
  const toFront = axes.map(() => -(2 ** 31));
  const flipped = axes.length === 0 ? w : g.slice(w, fromEnd, toFront, axes, fromEnd);
  if (group === 1) return g.transpose(flipped, [1, 0, ...kernel.map((_, i) => i + 2)]);
  if (inputs === 1 && outputs === group) return flipped;
  const grouped = g.reshape(flipped, [group, outputs / group, inputs, ...kernel]);
  const swapped = g.transpose(grouped, [0, 2, 1, ...kernel.map((_, i) => i + 3)]);
  return g.reshape(swapped, [group * inputs, outputs / group, ...kernel]);
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
  const value = g.op('Conv', [dY, w], { group, ...attributesOf(window) });
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
  const full = kernel.map((_, i) => coveredBy(windowAlong(window, i), elementOf(input, i, 'input')));
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  const explicit = mode === 'NOTSET' && !hasAttribute(node, 'output_shape');
  const extra = intsAttribute(
    node,
    'output_padding',
    kernel.map(() => 0),
  );
  const begins = window.begins.map((pad, i) => {
    const covered = elementOf(full, i, 'full') + elementOf(extra, i, 'extra');
    const half = Math.max(0, covered - elementOf(output, i, 'output')) / 2;
    return explicit ? pad : mode === 'SAME_UPPER' ? Math.floor(half) : Math.ceil(half);
  });
  const ends = full.map((size, i) =>
    Math.max(0, size - elementOf(output, i, 'output') - elementOf(begins, i, 'begins')),
  );
  return { ...window, begins, ends };
}
