import { addGradients } from '../gradients.js';
import { Session, float32 } from '#inference';
import { Graph, GraphBuilder, ModelProtoSchema } from '#onnx';
import { toBinary } from '@bufbuild/protobuf';

/** Gradient of MaxPool by its input when every output's gradient is 1. */
async function maxPoolGradient(
  dims: number[],
  values: number[],
  outputDims: number[],
  attributes: Record<string, number[]>,
): Promise<number[]> {
  const forward = new GraphBuilder();
  forward.output(forward.op('MaxPool', [forward.input('x', dims)], attributes, { outputs: ['y'] }));
  const graph = new Graph(forward.build());
  const builder = new GraphBuilder('g');
  builder.input('x', dims);
  for (const node of graph.nodes) builder.append(node);
  const ones = builder.float(Array<number>(outputDims.reduce((a, b) => a * b, 1)).fill(1), outputDims);
  const shapes = new Map([
    ['x', dims],
    ['y', outputDims],
  ]);
  const gradient = addGradients({ graph, builder, shapes, seeds: new Map([['y', ones]]), targets: ['x'] }).get('x')!;
  builder.output(gradient, dims);
  const session = await Session.create(toBinary(ModelProtoSchema, builder.build()));
  return [...((await session.run({ x: float32(dims, values) }))[gradient]!.data as Float32Array)];
}

describe('MaxPool where several elements are the maximum', () => {
  it('gives the gradient to the first of them, in windows side by side', async () => {
    const gradient = await maxPoolGradient([1, 1, 2, 4], [0, 0, 1, 2, 0, 0, 2, 2], [1, 1, 1, 2], {
      kernel_shape: [2, 2],
      strides: [2, 2],
    });
    expect(gradient).toEqual([1, 0, 0, 1, 0, 0, 0, 0]);
  });

  it('gives the gradient to one of them, in windows that overlap', async () => {
    const gradient = await maxPoolGradient([1, 1, 1, 5], [3, 3, 3, 3, 3], [1, 1, 1, 2], {
      kernel_shape: [1, 3],
      strides: [1, 2],
    });
    expect(gradient.reduce((a, b) => a + b, 0)).toBe(2);
  });
});
