import { GraphBuilder, elementCount, floatTensor, type ModelProto } from '#onnx';
import { randomNumbers } from './random.js';

/** Nets for tests: small, seeded, with named nodes' weights so that tests can point at them. */
class NetBuilder {
  readonly builder = new GraphBuilder('t');
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = randomNumbers(seed);
  }

  /** Uniform weights of the scale that keeps activations in range (He et al. 2015). */
  weight(name: string, dims: readonly number[], fanIn: number): string {
    const scale = Math.sqrt(6 / fanIn);
    const values = Float32Array.from({ length: elementCount(dims) }, () => (this.random() * 2 - 1) * scale);
    return this.builder.initializer(floatTensor(name, dims, values));
  }

  bias(name: string, length: number): string {
    const values = Float32Array.from({ length }, () => (this.random() - 0.5) / 5);
    return this.builder.initializer(floatTensor(name, [length], values));
  }

  linear(name: string, x: string, from: number, to: number): string {
    const weight = this.weight(`${name}.weight`, [to, from], from);
    return this.builder.op('Gemm', [x, weight, this.bias(`${name}.bias`, to)], { transB: 1 });
  }

  conv(name: string, x: string, from: number, to: number, kernel: number): string {
    const pad = Math.floor(kernel / 2);
    const weight = this.weight(`${name}.weight`, [to, from, kernel, kernel], from * kernel * kernel);
    const inputs = [x, weight, this.bias(`${name}.bias`, to)];
    const pads = [pad, pad, pad, pad];
    return this.builder.op('Conv', inputs, { kernel_shape: [kernel, kernel], pads });
  }

  relu(x: string): string {
    return this.builder.op('Relu', [x]);
  }

  finish(logits: string, classes: number): ModelProto {
    const output = this.builder.output('logits', ['batch', classes]);
    this.builder.op('Identity', [logits], {}, { outputs: [output] });
    return this.builder.build();
  }
}

/**
 * A perceptron with ReLU between layers: input `x` [batch, widths[0]], output `logits`, weights `fc1.weight` [to,
 * from], `fc1.bias`, ...
 */
export function mlp(widths: readonly number[] = [8, 16, 4], seed = 1): ModelProto {
  const net = new NetBuilder(seed);
  let x = net.builder.input('x', ['batch', widths[0]!]);
  for (let layer = 1; layer < widths.length; layer++) {
    x = net.linear(`fc${layer}`, x, widths[layer - 1]!, widths[layer]!);
    if (layer < widths.length - 1) x = net.relu(x);
  }
  return net.finish(x, widths.at(-1)!);
}

export interface ConvNetOptions {
  /** Channels of the input and of the two convolutions. */
  channels?: readonly [number, number, number];
  /** Height and width of the input; a multiple of 4. */
  size?: number;
  classes?: number;
  seed?: number;
}

/**
 * Conv, ReLU, pool, twice, then Flatten and Gemm: input `x` [batch, channels, size, size], output `logits`, weights
 * `conv1.weight`, `conv1.bias`, `conv2.*`, `fc.*`.
 */
export function convNet({
  channels: [input, first, second] = [1, 8, 16],
  size = 8,
  classes = 4,
  seed = 1,
}: ConvNetOptions = {}): ModelProto {
  const net = new NetBuilder(seed);
  const halved = { kernel_shape: [2, 2], strides: [2, 2] };
  const pool = (x: string) => net.builder.op('MaxPool', [x], halved);
  let x = net.builder.input('x', ['batch', input, size, size]);
  x = pool(net.relu(net.conv('conv1', x, input, first, 3)));
  x = pool(net.relu(net.conv('conv2', x, first, second, 3)));
  const flat = net.builder.op('Flatten', [x]);
  return net.finish(net.linear('fc', flat, second * (size / 4) ** 2, classes), classes);
}
