import { intAttribute, intsAttribute, stringAttribute, type NodeProto, elementOf } from '#onnx';

/** How a kernel slides over the spatial axes of one node, with automatic padding resolved to numbers. */
export interface Window {
  kernel: number[];
  strides: number[];
  dilations: number[];
  begins: number[];
  ends: number[];
}

/** Reads a window from a node's attributes and the spatial sizes of its (larger) input and output. */
export function windowOf(
  node: NodeProto,
  kernel: readonly number[],
  input: readonly number[],
  output: readonly number[],
): Window {
  const rank = kernel.length;
  const strides = intsAttribute(node, 'strides', Array<number>(rank).fill(1));
  const dilations = intsAttribute(node, 'dilations', Array<number>(rank).fill(1));
  const pads = intsAttribute(node, 'pads', Array<number>(2 * rank).fill(0));
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (mode === 'NOTSET' || mode === 'VALID') {
    const explicit = mode === 'VALID' ? pads.map(() => 0) : pads;
    return { kernel: [...kernel], strides, dilations, begins: explicit.slice(0, rank), ends: explicit.slice(rank) };
  }
  const window = { kernel: [...kernel], strides, dilations };
  const total = kernel.map((size, i) => {
    const slid = (elementOf(output, i, 'output') - 1) * elementOf(strides, i, 'strides');
    const covered = slid + span(size, elementOf(dilations, i, 'dilations'));
    return Math.max(0, covered - elementOf(input, i, 'input'));
  });
  const small = total.map((pad) => Math.floor(pad / 2));
  const large = total.map((pad, i) => pad - elementOf(small, i, 'small'));
  return mode === 'SAME_UPPER' ? { ...window, begins: small, ends: large } : { ...window, begins: large, ends: small };
}

/** How a kernel slides along one spatial axis. */
export interface AxisWindow {
  kernel: number;
  stride: number;
  dilation: number;
  begin: number;
  end: number;
}

/** The part of a window that concerns one spatial axis. Throws GraphError where the node names fewer axes. */
export function windowAlong({ kernel, strides, dilations, begins, ends }: Window, axis: number): AxisWindow {
  return {
    kernel: elementOf(kernel, axis, 'kernel'),
    stride: elementOf(strides, axis, 'strides'),
    dilation: elementOf(dilations, axis, 'dilations'),
    begin: elementOf(begins, axis, 'begins'),
    end: elementOf(ends, axis, 'ends'),
  };
}

/** Elements that a dilated kernel covers along one axis. */
export function span(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

/** Elements along one axis that so many positions of the kernel cover. */
export function coveredBy({ kernel, stride, dilation }: AxisWindow, positions: number): number {
  return (positions - 1) * stride + span(kernel, dilation);
}

/** Positions of a kernel's taps, last axis fastest, as the kernel's own elements lie in memory. */
export function taps(kernel: readonly number[]): number[][] {
  const start: number[][] = [[]];
  return kernel.reduce((positions, size) => {
    const along = Array.from({ length: size }, (_, i) => i);
    return positions.flatMap((position) => along.map((i) => [...position, i]));
  }, start);
}

export function groupOf(node: NodeProto): number {
  return intAttribute(node, 'group', 1);
}

export function product(dims: readonly number[]): number {
  return dims.reduce((total, dim) => total * dim, 1);
}
