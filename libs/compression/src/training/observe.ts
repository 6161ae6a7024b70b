import { appendForward } from '#autodiff';
import { Session, type HostTensors } from '#inference';
import { DataType, GraphBuilder, ownName, valueElemType, writeModel, type Graph } from '#onnx';

/** Shapes of every value of a graph in training form, from one run on real input; only the shapes leave the runtime. */
export async function observeTrainingShapes(
  graph: Graph,
  inputs: HostTensors,
  { quiet = false } = {},
): Promise<Map<string, readonly number[]>> {
  const builder = new GraphBuilder(ownName('shape:'));
  for (const info of graph.inputs) builder.input(info.name, inputs[info.name]!.dims, valueElemType(info));
  for (const tensor of graph.proto.initializer) builder.initializer(tensor);
  for (const node of graph.nodes) appendForward(builder, node);
  builder.importAll(graph.model);
  const written = graph.nodes.flatMap((node) => node.output.filter((value) => value !== ''));
  const values = [...new Set(written)];
  const shapeOf = (value: string) => ownName(`${value}/shape`);
  for (const value of values) {
    const shape = builder.op('Shape', [value], {}, { outputs: [shapeOf(value)] });
    builder.output(shape, undefined, DataType.INT64);
  }
  const session = await Session.create(writeModel(builder.build(graph.opset())), { optimization: 'disabled', quiet });
  const observed = await session.run(inputs).finally(() => session.release());
  return new Map([
    ...Object.entries(inputs).map(([name, { dims }]): [string, readonly number[]] => [name, dims]),
    ...graph.proto.initializer.map((tensor): [string, number[]] => [tensor.name, tensor.dims.map(Number)]),
    ...values.map((value): [string, number[]] => [
      value,
      Array.from(observed[shapeOf(value)]!.data as BigInt64Array, Number),
    ]),
  ]);
}
