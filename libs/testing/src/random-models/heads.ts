import { DataType } from '#onnx';
import { activate } from './image-blocks.js';
import type { NetFeature, RandomNet } from './random-net.js';
import { spelledReduction, spelledSlice } from './spelling.js';
import { linear } from './token-blocks.js';
import { gemm } from './vector-blocks.js';

/** Classes of the labels, and of the output `logits`. */
export const CLASSES = 4;

/** One vector of whatever a net has come to. */
export function flatten(net: RandomNet, { value, dims }: NetFeature): NetFeature {
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (dims.length === 3) {
    const pooled = net.dice.pick([
      () => net.op('Flatten', [net.op('GlobalAveragePool', [value])]),
      () => spelledReduction(net, 'ReduceMean', value, [2, 3], 0),
      () => spelledReduction(net, 'ReduceSum', value, [2, 3], 0),
      () => net.op('Reshape', [net.op('GlobalMaxPool', [value]), net.ints(net.batched([dims[0]!]))]),
      null,
      null,
    ]);
    if (pooled) return { value: pooled(), dims: dims.slice(0, 1) };
  }
  if (dims.length === 2 && net.dice.chance(0.6)) {
    const mean = () => spelledReduction(net, 'ReduceMean', value, [1], 0);
    const first = () => net.op('Gather', [value, net.ints(0)], { axis: 1 });
    return { value: net.dice.chance(0.5) ? mean() : first(), dims: [dims[1]!] };
  }
  if (dims.length === 1) return { value, dims };
  const reshaped = () => net.op('Reshape', [value, net.ints([net.target.batch ?? -1, count])]);
  return { value: net.dice.chance(0.5) ? net.op('Flatten', [value]) : reshaped(), dims: [count] };
}

/** Declares the outputs: class scores, and now and then others of another scale, type or place. */
export function writeOutputs(net: RandomNet, x: NetFeature, inner: readonly NetFeature[]): void {
  const { builder, dice } = net;
  const batch = net.target.batch ?? net.freeName;
  const logits = dice.chance(0.8) ? gemm(net, x, CLASSES) : linear(net, x, CLASSES);
  const scores = dice.chance(0.15) ? net.op('Softmax', [logits.value], { axis: 1 }) : logits.value;
  builder.output(scores, [batch, CLASSES]);
  if (dice.chance(0.25)) {
    const boxes = gemm(net, x, 6);
    const factor = net.scalar(dice.pick([600, 1e4, 1e-3]));
    builder.output(net.op('Mul', [boxes.value, factor]), [batch, 6]);
  }
  if (dice.chance(0.12)) {
    const both = gemm(net, x, 5).value;
    builder.output(spelledSlice(net, both, 1, 0, 1), [batch, 1]);
    builder.output(spelledSlice(net, both, 1, 1, 5), [batch, 4]);
  }
  if (dice.chance(0.1)) {
    const greatest = net.op('ArgMax', [logits.value], { axis: 1, keepdims: 0 });
    builder.output(greatest, [batch], DataType.INT64);
  }
  if (dice.chance(0.12) && inner.length > 0) {
    const { value, dims } = dice.pick(inner);
    builder.output(activate(net, value), [batch, ...dims]);
  }
  if (dice.chance(0.06) && inner.length > 0) {
    const { value, dims } = inner.at(-1)!;
    builder.output(value, [batch, ...dims]);
  }
}
