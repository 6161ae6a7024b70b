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
  const total = kernel.map((size, i) =>
    Math.max(
      0,
      (elementOf(output, i, 'output') - 1) * elementOf(strides, i, 'strides') +
        span(size, elementOf(dilations, i, 'dilations')) -
        elementOf(input, i, 'input'),
    ),
  );
  const small = total.map((pad) => Math.floor(pad / 2));
  const large = total.map((pad, i) => pad - elementOf(small, i, 'small'));
  return {
    kernel: [...kernel],
    strides,
    dilations,
    begins: mode === 'SAME_UPPER' ? small : large,
    ends: mode === 'SAME_UPPER' ? large : small,
  };
}

/** Elements that a dilated kernel covers along one axis. */
export function span(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

/** Positions of a kernel's taps, last axis fastest, as the kernel's own elements lie in memory. */
export function taps(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (positions, size) => positions.flatMap((position) => Array.from({ length: size }, (_, i) => [...position, i])),
    [[]],
  );
}

export function groupOf(node: NodeProto): number {
  return intAttribute(node, 'group', 1);
}

export function product(dims: readonly number[]): number {
  return dims.reduce((total, dim) => total * dim, 1);
}
