import { elementOf } from '#onnx';
import type { GradientBuilder } from '../gradient-builder.js';
import { product, windowAlong, type Window } from './window.js';

/** A dense convolution in two dimensions: spatial sizes of its input and output, and how its kernel slid. */
export interface StridedConvolution {
  window: Window;
  input: readonly number[];
  output: readonly number[];
}

/** Positions along one axis that lie `offset` behind a multiple of the stride, and the taps that reach them. */
interface Phase {
  /** First of the taps, each a stride apart, and how many there are; 0 where no tap reaches. */
  first: number;
  count: number;
  begin: number;
  end: number;
}

/**
 * dX of a convolution with strides, as one convolution without strides per position within a stride, each with the taps
 * that reach such positions; then they are put together. With channels in blocks that is moving whole blocks, and takes
 * half the time of a transposed convolution. Null where that does not fit: channels that do not fill blocks, dilations,
 * or a rest of dY that no position would read.
 */
export function stridedInputGradient(
  g: GradientBuilder,
  dY: string,
  w: string,
  { window, input, output }: StridedConvolution,
  batch: number,
): string | null {
  const [filters, channels] = g.dims(w) as [number, number];
  const fillsBlocks = g.block > 0 && filters % g.block === 0 && channels % g.block === 0;
  if (!fillsBlocks || input.length !== 2 || window.dilations.some((dilation) => dilation > 1)) return null;
  const [tall, wide] = input as [number, number];
  const inPhases = (length: number, axis: number) => Math.ceil(length / elementOf(window.strides, axis, 'strides'));
  const size = [inPhases(tall, 0), inPhases(wide, 1)] as const;
  const axes = size.map((positions, axis) => phasesOf(window, axis, positions - elementOf(output, axis, 'output')));
  if (axes.some((phases) => phases.some(({ count, begin, end }) => count > 0 && (begin < 0 || end < 0)))) return null;
  const [rows, columns] = axes as [Phase[], Phase[]];
  const outer = (batch * channels) / g.block;
  const shape = [outer * product(size), 1, g.block];
  const pieces = rows.map((row) => {
    const parts = columns.map((column) => {
      if (row.count === 0 || column.count === 0) return g.expand(g.scalar(0), shape);
      const filter = tapsOf(g, w, [row, column], window);
      const pads = [row.begin, column.begin, row.end, column.end];
      const dX = g.note(g.op('Conv', [dY, filter], { pads }), [batch, channels, ...size]);
      return g.reshape(g.toBlocks(dX), shape);
    });
    const across = size[1] * columns.length * g.block;
    return g.reshape(g.concat(parts, 1), [outer * size[0], 1, across]);
  });
  const [height, width] = [size[0] * rows.length, size[1] * columns.length];
  const whole = g.reshape(g.concat(pieces, 1), [outer, height, width, g.block]);
  const isExact = height === tall && width === wide;
  const cut = isExact ? whole : g.slice(whole, [0, 0], [tall, wide], [1, 2]);
  return g.fromBlocks(g.reshape(cut, [batch, channels, tall, wide]), channels);
}

/** dX[s q + o] = Σ_t dY[q + c - t] · w[f + s t], where s is the stride and f + s c = o + the padding before. */
function phasesOf(window: Window, axis: number, beyond: number): Phase[] {
  const { kernel: size, stride, begin: padding } = windowAlong(window, axis);
  return Array.from({ length: stride }, (_, offset) => {
    const first = (offset + padding) % stride;
    const count = Math.max(0, Math.ceil((size - first) / stride));
    const ahead = (offset + padding - first) / stride;
    return { first, count, begin: count - 1 - ahead, end: beyond + ahead };
  });
}

/** [O, I, k…] -> [I, O, taps…] of the phases, last tap first. */
function tapsOf(g: GradientBuilder, w: string, phases: readonly [Phase, Phase], { strides }: Window): string {
  const [filters, channels] = g.dims(w) as [number, number];
  const starts = phases.map(({ first, count }, i) => first + elementOf(strides, i, 'strides') * (count - 1));
  const ends = starts.map(() => -(2 ** 31));
  const steps = strides.map((stride) => -stride);
  const picked = g.slice(w, starts, ends, [2, 3], steps);
  const counts = phases.map(({ count }) => count);
  return g.note(g.transpose(picked, [1, 0, 2, 3]), [channels, filters, ...counts]);
}
