import { dimOf, elementOf } from '#onnx';
import { BLOCKED_DOMAIN, type GradientBuilder } from '../gradient-builder.js';
import { product, span, taps, windowAlong, type Window } from './window.js';

/** The parts of a convolution: the larger input, the gradient of its output and how the kernel slid. */
export interface ConvolutionParts {
  input: string;
  inputDims: readonly number[];
  output: string;
  outputDims: readonly number[];
  window: Window;
  group: number;
}

/** Below so many input channels a column matrix over all taps is faster than a product per tap (measured). */
const COLUMNS_BELOW_CHANNELS = 16;

/** Gradient of a convolution's weight, [O, I/g, k…], in the formulation that was fastest for its shape. */
export function convolutionWeightGradient(g: GradientBuilder, parts: ConvolutionParts): string {
  const perGroup = dimOf(parts.inputDims, 1) / parts.group;
  if (g.block > 0 && isBlockedDepthwise(parts, g.block)) return fromBlockedDepthwise(g, parts);
  if (g.block > 0 && samplesFillBlocks(parts, g.block)) return fromBlockedSamples(g, parts);
  const pointwise = product(parts.window.kernel) === 1;
  if (parts.group === 1 && (pointwise || perGroup < COLUMNS_BELOW_CHANNELS)) return fromColumns(g, parts);
  const isUnstrided = parts.window.strides.every((stride) => stride === 1);
  const shifts = parts.group === 1 && parts.window.kernel.length === 2 && isUnstrided;
  return shifts ? fromShifts(g, parts) : fromTaps(g, parts);
}

/** Depthwise in two dimensions, with channels that fill the blocks and windows that cover the input. */
function isBlockedDepthwise({ group, inputDims, outputDims, window }: ConvolutionParts, size: number): boolean {
  const [batch, channels, ...input] = inputDims as [number, number, ...number[]];
  if (input.length !== 2 || group !== channels || outputDims[1] !== channels) return false;
  const fills = (batch * channels) % size === 0;
  return fills && lastPads(input, outputDims.slice(2), window).every((pad) => pad >= 0);
}

/** Padding after each axis at which dY, slid over the input, fits exactly once per tap. */
function lastPads(input: readonly number[], output: readonly number[], window: Window): number[] {
  return input.map((size, i) => {
    const { kernel, stride, dilation, begin } = windowAlong(window, i);
    const slid = span(elementOf(output, i, 'output'), stride);
    return span(kernel, dilation) - 1 + slid - size - begin;
  });
}

/**
 * Every channel of every sample is a convolution of its own, with dY as its filter: dW = Σ_n X[n] ∗ dY[n]. A blocked
 * [1, N·C, H, W] is laid out as a depthwise filter [N·C, 1, H, W] is, so that dY only changes its name.
 */
function fromBlockedDepthwise(
  g: GradientBuilder,
  { input, inputDims, output, outputDims, window }: ConvolutionParts,
): string {
  const [batch, channels, ...size] = inputDims as [number, number, number, number];
  const slid = outputDims.slice(2);
  const all = batch * channels;
  // Channels that fill the blocks lie as they do with the samples beside them, and are often blocked already.
  const block = (value: string, dims: readonly number[]) => {
    const merged = [1, all, ...dims];
    const isFilled = channels % g.block === 0;
    return isFilled ? g.reshape(g.toBlocks(value), merged) : g.toBlocks(g.reshape(value, merged));
  };
  const filter = g.reshape(block(output, slid), [all, 1, ...slid]);
  const pads = [...window.begins, ...lastPads(size, slid, window)];
  const attributes = { group: all, kernel_shape: slid, dilations: window.strides, strides: window.dilations, pads };
  const blocked = g.op('Conv', [block(input, size), filter], attributes, BLOCKED_DOMAIN);
  const perSample = g.fromBlocks(blocked, all);
  return g.sum(g.reshape(perSample, [batch, channels, 1, ...window.kernel]), [0]);
}

/**
 * A dense kernel in two dimensions with more than one tap per row, a batch that fills blocks of samples, and filters
 * that fill half a block at least (measured).
 */
function samplesFillBlocks(
  { group, inputDims: [batch], outputDims: [, filters], window: { kernel } }: ConvolutionParts,
  size: number,
): boolean {
  if (group !== 1 || kernel.length !== 2 || elementOf(kernel, 1, 'kernel') <= 1) return false;
  return batch! % size === 0 && 2 * filters! >= size;
}

/**
 * Positions of dY over the samples of a group up to which its filters stay in the cache while the kernel's rows are
 * computed (measured).
 */
const CACHED_POSITIONS = 2048;

/**
 * dW[o, i] = Σ_n X[n, i] ∗ dY[n, o]: a convolution whose channels are the samples, with dY for its filters, where
 * strides and dilations change places. It runs in groups of samples, as all of dY is more than the cache holds. A
 * blocked dY becomes its filters by moving whole blocks; zeros join filters that do not fill them.
 */
function fromBlockedSamples(
  g: GradientBuilder,
  { input, inputDims, output, outputDims, window }: ConvolutionParts,
): string {
  const [batch, channels, ...size] = inputDims as [number, number, number, number];
  const [, filters, ...slid] = outputDims as [number, number, number, number];
  const { block } = g;
  const filled = Math.ceil(filters / block) * block;
  const blocks = divisors(batch / block).findLast((count) => count * block * product(slid) <= CACHED_POSITIONS) ?? 1;
  const groups = batch / block / blocks;
  const border = [0, 0, ...window.begins, 0, 0, ...lastPads(size, slid, window)];
  const cut = g.pad(g.transpose(input, [1, 0, 2, 3]), border);
  const blocked = g.toBlocks(g.pad(output, [0, 0, 0, 0, 0, filled - filters, 0, 0]));
  const parts = g.reshape(blocked, [groups, blocks, block, filled / block, product(slid), block]);
  const stacked = g.transpose(parts, [0, 3, 1, 4, 2, 5]);
  const filter = g.reshape(stacked, [groups * filled, blocks * block, ...slid]);
  const attributes = { group: groups, kernel_shape: slid, dilations: window.strides, strides: window.dilations };
  const weights = g.op('Conv', [g.toBlocks(cut), filter], attributes, BLOCKED_DOMAIN);
  const perGroup = g.fromBlocks(weights, groups * filled);
  const count = product(window.kernel);
  const summed = groups === 1 ? perGroup : g.sum(g.reshape(perGroup, [channels, groups, filled, count]), [1]);
  const byFilter = g.transpose(g.reshape(summed, [channels, filled, count]), [1, 0, 2]);
  const own = filled === filters ? byFilter : g.slice(byFilter, [0], [filters], [0]);
  return g.reshape(own, [filters, channels, ...window.kernel]);
}

function divisors(value: number): number[] {
  const candidates = Array.from({ length: value }, (_, i) => i + 1);
  return candidates.filter((divisor) => value % divisor === 0);
}

/** dW = Σ_n dY[n] · cols[n]ᵀ, where cols stacks the input as each tap saw it. */
function fromColumns(g: GradientBuilder, parts: ConvolutionParts): string {
  const {
    window,
    inputDims: [batch, channels],
    outputDims: [, filters, ...positions],
  } = parts as ConvolutionParts & { inputDims: [number, number]; outputDims: [number, number, ...number[]] };
  const padded = padInput(g, parts);
  const seen = taps(window.kernel).map((tap) => tapSlice(g, padded, tap, parts));
  const columns = g.concat(seen, 1);
  const count = product(window.kernel);
  const flatColumns = g.reshape(columns, [batch, count * channels, product(positions)]);
  const flatOutput = g.reshape(parts.output, [batch, filters, product(positions)]);
  const summed = g.sum(g.matmulTransposed(flatOutput, flatColumns, 3), [0]);
  const byTap = g.reshape(summed, [filters, count, channels]);
  return g.reshape(g.transpose(byTap, [0, 2, 1]), [filters, channels, ...window.kernel]);
}

/** Below so many channels a product per sample is faster than one over all with channels first (measured). */
const PER_SAMPLE_BELOW_CHANNELS = 32;

/**
 * dW[i, j] = Σ dY[h - i] · X[w + j]: for strides of one a tap is a shift of the input along the rows and of dY along
 * the columns, so that kernel height + width copies serve all taps. A Pad that cuts at one end shifts.
 */
function fromShifts(g: GradientBuilder, { input, inputDims, output, outputDims, window }: ConvolutionParts): string {
  const [batch, channels, height, width] = inputDims as [number, number, number, number];
  const [, filters, outputHeight, outputWidth] = outputDims as [number, number, number, number];
  const perSample = Math.min(channels, filters) < PER_SAMPLE_BELOW_CHANNELS;
  const leading = (value: string) => (perSample ? value : g.transpose(value, [1, 0, 2, 3]));
  const flat = (size: number) =>
    perSample ? [batch, size, height * outputWidth] : [size, batch * height * outputWidth];
  const rows = (value: string, size: number) => g.reshape(value, flat(size));
  const [x, dY] = [leading(input), leading(output)];
  const {
    kernel: [tall, wide],
    dilations: [down, across],
    begins: [top, left],
  } = window as Window & Record<'kernel' | 'dilations' | 'begins', [number, number]>;
  const inputs = Array.from({ length: wide }, (_, j) => {
    const begin = left - j * across;
    const shifted = g.pad(x, [0, 0, 0, begin, 0, 0, 0, outputWidth - width - begin]);
    return rows(shifted, channels);
  });
  const outputs = Array.from({ length: tall }, (_, i) => {
    const begin = i * down - top;
    const shifted = g.pad(dY, [0, 0, begin, 0, 0, 0, height - outputHeight - begin, 0]);
    return rows(shifted, filters);
  });
  const weightOf = (shiftedOutput: string, shiftedInput: string) =>
    perSample
      ? g.sum(g.matmulTransposed(shiftedOutput, shiftedInput, 3), [0])
      : g.op('Gemm', [shiftedOutput, shiftedInput], { transB: 1 });
  const products = outputs.flatMap((shiftedOutput) =>
    inputs.map((shiftedInput) => g.reshape(weightOf(shiftedOutput, shiftedInput), [1, filters, channels])),
  );
  const tapsLast = g.transpose(g.concat(products, 0), [1, 2, 0]);
  return g.reshape(tapsLast, [filters, channels, ...window.kernel]);
}

/** dW[tap] = dYᵀ · X(tap) with channels first, one product per tap and group. */
function fromTaps(g: GradientBuilder, parts: ConvolutionParts): string {
  const {
    window,
    group,
    inputDims: [batch, channels],
    outputDims: [, filters, ...positions],
  } = parts as ConvolutionParts & { inputDims: [number, number]; outputDims: [number, number, ...number[]] };
  const perm = [1, 0, ...positions.map((_, i) => i + 2)];
  const columns = batch * product(positions);
  const input = g.transpose(padInput(g, parts), perm);
  const flat = (size: number) => (group === 1 ? [size, columns] : [group, size / group, columns]);
  const output = g.reshape(g.transpose(parts.output, perm), flat(filters));
  const products = taps(window.kernel).map((tap) => {
    const seen = g.reshape(tapSlice(g, input, tap, parts), flat(channels));
    const weight = group === 1 ? g.op('Gemm', [output, seen], { transB: 1 }) : g.matmulTransposed(output, seen, 3);
    return g.reshape(weight, [1, filters, channels / group]);
  });
  const lastTap = g.transpose(g.concat(products, 0), [1, 2, 0]);
  return g.reshape(lastTap, [filters, channels / group, ...window.kernel]);
}

function padInput(g: GradientBuilder, { input, window }: ConvolutionParts): string {
  return g.pad(input, [0, 0, ...window.begins, 0, 0, ...window.ends]);
}

/** What one tap of the kernel saw of the padded input: the output's positions. */
function tapSlice(
  g: GradientBuilder,
  padded: string,
  tap: readonly number[],
  { window, inputDims, outputDims }: ConvolutionParts,
): string {
  const needed = tap.flatMap((position, i) => {
    const { stride: step, dilation, begin, end } = windowAlong(window, i);
    const start = position * dilation;
    const length = span(dimOf(outputDims, i + 2), step);
    const size = dimOf(inputDims, i + 2) + begin + end;
    const isWhole = start === 0 && length === size && step === 1;
    return isWhole ? [] : [{ axis: i + 2, start, end: start + length, step }];
  });
  if (needed.length === 0) return padded;
  const [starts, ends] = [needed.map(({ start }) => start), needed.map(({ end }) => end)];
  const [axes, steps] = [needed.map(({ axis }) => axis), needed.map(({ step }) => step)];
  return g.slice(padded, starts, ends, axes, steps);
}
