import type { GradientBuilder } from '../../gradient-builder.js';
import type { LayerDirection } from './recurrent-layer.js';

/** What reaches the gates of every step from outside, X · Wᵀ + b, [T, B, G H]: all steps in one product. */
export function fromInput(g: GradientBuilder, { x, w, biases }: LayerDirection): string {
  const product = g.matmul(x, w, { transB: 2 });
  return biases ? g.add(product, biases.input) : product;
}

/** What reaches them from the state before, H · Rᵀ + b: the forward pass has told every state. */
export function fromState(g: GradientBuilder, { previous, r, biases }: LayerDirection): string {
  const product = g.matmul(previous, r, { transB: 2 });
  return biases ? g.add(product, biases.state) : product;
}

/** Gates of `count` along the last axis. */
export function gatesOf(g: GradientBuilder, value: string, count: number): string[] {
  return g.graph.ops('Split', count, [value], { axis: -1, num_outputs: count });
}

/** The slope of a sigmoid at its value. */
export function sigmoidSlope(g: GradientBuilder, y: string): string {
  return g.mul(y, g.sub(g.scalar(1), y));
}

/** The slope of a tanh at its value. */
export function tanhSlope(g: GradientBuilder, y: string): string {
  return g.sub(g.scalar(1), g.square(y));
}

/** Σ over steps and samples of aᵀ · b, [A, B] of [T, B, A] and [T, B, B]. */
export function outer(g: GradientBuilder, a: Sequence, b: Sequence): string {
  const rows = (sequence: Sequence) => g.reshape(sequence.value, [-1, sequence.width]);
  return g.op('Gemm', [rows(a), rows(b)], { transA: 1 });
}

/** A value [T, B, width]. */
export interface Sequence {
  value: string;
  width: number;
}

/** Σ over steps and samples. */
export function total(g: GradientBuilder, value: string): string {
  return g.sum(value, [0, 1]);
}
