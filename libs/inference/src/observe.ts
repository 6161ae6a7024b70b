import {
  DataType,
  Graph,
  makeNode,
  makeValueInfo,
  writeModel,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from '#onnx';
import { Session, type SessionOptions } from './session.js';
import type { HostTensor, HostTensors } from './tensor.js';

/** Operators whose outputs are no tensors, so that they have no shape. */
const NOT_TENSORS: ReadonlySet<string> = new Set([
  'Optional',
  'SequenceConstruct',
  'SequenceEmpty',
  'SequenceErase',
  'SequenceInsert',
  'SequenceMap',
  'SplitToSequence',
  'ZipMap',
]);

/**
 * The model with the named values as its outputs, instead of its own. It shares all its parts with the original, which
 * stays as it is. Nodes that the values do not depend on are not computed.
 */
export function withOutputs(model: ModelProto, values: readonly string[]): ModelProto {
  return replaceOutputs(
    model,
    model.graph!.node,
    values.map((value) => makeValueInfo(value, DataType.UNDEFINED)),
  );
}

/**
 * The named values of one run. Throws ModelLoadError when the model holds no such value, RunError when the run fails.
 */
export async function observeValues(
  model: ModelProto,
  values: readonly string[],
  feeds: HostTensors,
  options: SessionOptions = {},
): Promise<HostTensors> {
  return runOnce(withOutputs(model, values), feeds, options);
}

/**
 * The shape of every value of the main graph in one run on `feeds`: inputs, initializers and the outputs of all nodes
 * that are tensors. Only the shapes leave the runtime. Throws ModelLoadError and RunError.
 */
export async function observeShapes(
  model: ModelProto,
  feeds: HostTensors,
  options: SessionOptions = {},
): Promise<Map<string, readonly number[]>> {
  const graph = new Graph(model);
  const tensorNodes = graph.nodes.filter((node) => !NOT_TENSORS.has(node.opType));
  const values = tensorNodes.flatMap((node) => node.output.filter((value) => value !== ''));
  const shapeNames = new Map(values.map((value) => [value, graph.freshName(`${value}/shape`)]));
  const shapeNodes = [...shapeNames].map(([value, name]) => makeNode('Shape', [value], [name]));
  const outputs = [...shapeNames.values()].map((name) => makeValueInfo(name, DataType.INT64, [`${name}/rank`]));
  const observed = await runOnce(replaceOutputs(model, [...graph.proto.node, ...shapeNodes], outputs), feeds, options);
  return new Map([
    ...graph.proto.initializer.map((tensor): [string, number[]] => [tensor.name, tensor.dims.map(Number)]),
    ...Object.entries(feeds).map(([name, { dims }]): [string, readonly number[]] => [name, dims]),
    ...[...shapeNames].map(([value, name]): [string, number[]] => [value, toNumbers(observed[name]!)]),
  ]);
}

/** Fusions are off: they would do away with the values that are to be seen. */
async function runOnce(model: ModelProto, feeds: HostTensors, options: SessionOptions): Promise<HostTensors> {
  const session = await Session.create(writeModel(model), { optimization: 'disabled', ...options });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

function replaceOutputs(model: ModelProto, node: NodeProto[], output: ValueInfoProto[]): ModelProto {
  return { ...model, graph: { ...model.graph!, node, output } };
}

function toNumbers({ data }: HostTensor): number[] {
  return Array.from(data as ArrayLike<number | bigint>, Number);
}
