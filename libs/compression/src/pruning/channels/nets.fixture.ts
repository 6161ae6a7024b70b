import { toBinary } from '@bufbuild/protobuf';
import { Session, float32, type HostTensors } from '#inference';
import { seededRandom } from '#numbers';
import { GraphBuilder, ModelProtoSchema, type ModelProto } from '#onnx';

/** Writes one net from random sizes; returns its output. */
export type Net = (net: NetBuilder, x: string) => string;

export class NetBuilder extends GraphBuilder {
  constructor(private readonly random: () => number) {
    super('n');
  }

  random01(): number {
    return this.random();
  }

  /** An even channel count, so that halves and groups exist. */
  width(groups = 2): number {
    return groups * (2 + Math.floor(this.random() * 3));
  }

  weights(dims: readonly number[]): string {
    const count = dims.reduce((product, dim) => product * dim, 1);
    return this.float(
      Float32Array.from({ length: count }, () => this.random() * 2 - 1),
      dims,
    );
  }

  conv(x: string, from: number, to: number, { group = 1, kernel = 3 } = {}): string {
    const pad = (kernel - 1) / 2;
    return this.op('Conv', [x, this.weights([to, from / group, kernel, kernel]), this.weights([to])], {
      group,
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
    });
  }

  linear(x: string, from: number, to: number): string {
    const weight = this.weights([to, from]);
    return this.op('Gemm', [x, weight, this.weights([to])], { transB: 1 });
  }

  relu(x: string): string {
    return this.op('Relu', [x]);
  }

  pool(x: string): string {
    return this.op('Flatten', [this.op('GlobalAveragePool', [x])]);
  }
}

/** What every generated net is run on. */
export const NET_FEEDS: HostTensors = {
  x: float32(
    [3, 3, 6, 6],
    Float32Array.from({ length: 324 }, (_, i) => Math.sin(i * i)),
  ),
};

/** The net as a model of images [batch, 3, 6, 6] and five outputs. */
export function generate(net: Net, seed: number, opset?: number): ModelProto {
  const builder = new NetBuilder(seededRandom(seed));
  const y = net(builder, builder.input('x', ['batch', 3, 6, 6]));
  builder.op('Identity', [y], {}, { outputs: [builder.output('y', ['batch', 5])] });
  return builder.build(opset);
}

/** What the model answers, without the runtime's optimizations. */
export async function outputs(model: ModelProto, feeds: HostTensors = NET_FEEDS): Promise<Float32Array> {
  const session = await Session.create(toBinary(ModelProtoSchema, model), { optimization: 'disabled' });
  const { y } = await session.run(feeds);
  await session.release();
  return y!.data as Float32Array;
}
