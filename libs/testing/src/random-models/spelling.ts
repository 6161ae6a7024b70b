import { Float } from '#onnx';
import type { RandomNet } from './random-net.js';

/** Operators whose arguments moved from attributes to inputs, as the net's opset spells them. */

export function squeeze(net: RandomNet, x: string, axes: readonly number[]): string {
  if (net.opset < 13) return net.op('Squeeze', [x], { axes: [...axes] });
  return net.op('Squeeze', [x, net.ints(axes)]);
}

export function unsqueeze(net: RandomNet, x: string, axes: readonly number[]): string {
  if (net.opset < 13) return net.op('Unsqueeze', [x], { axes: [...axes] });
  return net.op('Unsqueeze', [x, net.ints(axes)]);
}

/** A reduction by any of the ReduceX operators; ReduceSum moved its axes five opsets before the others. */
export function spelledReduction(
  net: RandomNet,
  opType: string,
  x: string,
  axes: readonly number[],
  keepdims: 0 | 1,
): string {
  const since = opType === 'ReduceSum' ? 13 : 18;
  if (net.opset < since) return net.op(opType, [x], { axes: [...axes], keepdims });
  return net.op(opType, [x, net.ints(axes)], { keepdims });
}

export function clip(net: RandomNet, x: string, min: number, max: number): string {
  if (net.opset >= 11) return net.op('Clip', [x, net.scalar(min), net.scalar(max)]);
  return net.builder.op('Clip', [x], { min: floatOf(min), max: floatOf(max) });
}

/** Parts of an axis; equal ones may leave their sizes out. */
export function split(net: RandomNet, x: string, axis: number, sizes: readonly number[]): string[] {
  const isEqual = sizes.every((size) => size === sizes[0]);
  if (isEqual && net.dice.chance(0.4)) {
    const attributes = net.opset >= 18 ? { axis, num_outputs: sizes.length } : { axis };
    return net.builder.ops('Split', sizes.length, [x], attributes);
  }
  if (net.opset < 13) return net.builder.ops('Split', sizes.length, [x], { axis, split: [...sizes] });
  return net.builder.ops('Split', sizes.length, [x, net.ints(sizes)], { axis });
}

export function spelledSlice(net: RandomNet, x: string, axis: number, start: number, end: number): string {
  if (net.opset < 10) return net.op('Slice', [x], { axes: [axis], starts: [start], ends: [end] });
  const [starts, ends] = [net.ints([start]), net.ints([end])];
  return net.op('Slice', [x, starts, ends, net.ints([axis])]);
}

export function pad(net: RandomNet, x: string, pads: readonly number[], mode: string): string {
  if (net.opset < 11) return net.op('Pad', [x], { pads: [...pads], mode });
  return net.op('Pad', [x, net.ints(pads)], { mode });
}

/** Twice the height and width. */
export function upsample(net: RandomNet, x: string): string {
  const scales = net.builder.float([1, 1, 2, 2]);
  if (net.opset < 10) return net.op('Upsample', [x, scales], { mode: 'nearest' });
  if (net.opset < 11) return net.op('Resize', [x, scales], { mode: 'nearest' });
  const region = net.opset < 13 ? net.builder.float([]) : '';
  return net.op('Resize', [x, region, scales], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

/** Softmax over the last axis, which every opset means by its own number. */
export function softmax(net: RandomNet, x: string, rank: number): string {
  return net.op('Softmax', [x], { axis: net.opset < 13 ? rank - 1 : -1 });
}

export function dropout(net: RandomNet, x: string): string {
  if (net.opset < 12) return net.builder.op('Dropout', [x], { ratio: floatOf(0.5) });
  return net.op('Dropout', [x, net.scalar(0.5)]);
}

function floatOf(value: number): Float {
  return new Float(value);
}
