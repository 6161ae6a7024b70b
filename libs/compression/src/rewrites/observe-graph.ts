import { create, toBinary } from '@bufbuild/protobuf';
import { Session, type HostTensor, type HostTensors } from '#inference';
import {
  DataType,
  Graph,
  copyStructure,
  ModelProtoSchema,
  ValueInfoProtoSchema,
  dataTypeName,
  floatToHalf,
  makeNode,
  tensorDims,
  valueDims,
  valueElemType,
  type ModelProto,
  type ValueInfoProto,
  type Shapes,
} from '#onnx';
import { UnobservableModelError } from './errors.js';

/**
 * Lengths tried for dimensions without a number, besides the batch, which is one: strided nets want multiples of 32,
 * audio nets hundreds of samples, cells few.
 */
const FREE_LENGTHS = [64, 96, 32, 512, 1536, 16, 8, 1] as const;

/** Operators whose outputs are not tensors. */
const NOT_TENSORS = new Set([
  'ConcatFromSequence',
  'Optional',
  'SequenceAt',
  'SequenceConstruct',
  'SequenceEmpty',
  'SequenceErase',
  'SequenceInsert',
  'SequenceMap',
  'SplitToSequence',
]);

export interface Observation {
  /** Dimensions of every tensor of the main graph. */
  shapes: Shapes;
  /** The inputs they were seen on. */
  feeds: HostTensors;
}

/**
 * Runs the model once on generated inputs and reports every value's shape; only shapes come back, by a Shape node per
 * value. Throws UnobservableModelError when no choice of lengths for the free dimensions runs.
 */
export async function observeGraph(model: ModelProto): Promise<Observation> {
  let cause: unknown;
  for (const feeds of feedsToTry(model)) {
    try {
      return { shapes: await shapesOn(model, feeds), feeds };
    } catch (error) {
      cause = error;
    }
  }
  throw new UnobservableModelError(cause);
}

/** Every value's shape on the given inputs. */
export async function shapesOn(model: ModelProto, feeds: HostTensors): Promise<Map<string, readonly number[]>> {
  const copy = copyStructure(model);
  const graph = new Graph(copy);
  const names = new Map<string, string>();
  for (const node of [...graph.nodes]) {
    if (NOT_TENSORS.has(node.opType)) continue;
    for (const value of node.output.filter((name) => name !== '')) {
      const shape = graph.freshName(`${value}/shape`);
      graph.addNode(makeNode('Shape', [value], [shape]));
      names.set(shape, value);
    }
  }
  copy.graph!.output = [...names.keys()].map((name): ValueInfoProto => create(ValueInfoProtoSchema, { name }));
  const session = await Session.create(toBinary(ModelProtoSchema, copy), { optimization: 'disabled', quiet: true });
  const results = await session.run(feeds).finally(() => session.release());
  const stored = graph.proto.initializer.map((tensor) => [tensor.name, tensorDims(tensor)] as const);
  const shapes = new Map<string, readonly number[]>(stored);
  for (const [name, tensor] of Object.entries(feeds)) shapes.set(name, tensor.dims);
  for (const [name, value] of names) shapes.set(value, Array.from(results[name]!.data as BigInt64Array, Number));
  return shapes;
}

/**
 * First with every free dimension at the same length, then with those of the first input alone: the others may be
 * states of a batch.
 */
function* feedsToTry(model: ModelProto): Generator<HostTensors> {
  const { inputs } = new Graph(model);
  const hasFree = (input: ValueInfoProto) => {
    const dims = valueDims(input)?.slice(1) ?? [];
    return dims.some((dim) => typeof dim === 'string');
  };
  if (!inputs.some(hasFree)) return yield feedsOf(inputs, () => 1);
  for (const length of FREE_LENGTHS) {
    yield feedsOf(inputs, () => length);
    if (inputs.slice(1).some(hasFree)) yield feedsOf(inputs, (input) => (input === inputs[0] ? length : 1));
  }
}

function feedsOf(inputs: readonly ValueInfoProto[], free: (input: ValueInfoProto) => number): HostTensors {
  return Object.fromEntries(
    inputs.map((input) => {
      const dims = (valueDims(input) ?? []).map((dim, axis) =>
        typeof dim === 'number' ? dim : axis === 0 ? 1 : free(input),
      );
      return [input.name, generatedTensor(valueElemType(input), dims)];
    }),
  );
}

/** Zeros are valid indices, lengths and pixels alike; floats vary so that a data-dependent branch sees something. */
function generatedTensor(type: DataType, dims: readonly number[]): HostTensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const generate = GENERATED[type];
  if (!generate) throw new UnobservableModelError(`no input of the type ${dataTypeName(type)} can be generated`);
  return { dims, ...generate(count) } as HostTensor;
}

const floats = (length: number) => Float64Array.from({ length }, (_, i) => Math.sin(i));

/** By element type, as many values as asked for. */
const GENERATED: Readonly<Record<number, (count: number) => Pick<HostTensor, 'type' | 'data'>>> = {
  [DataType.FLOAT]: (count) => ({ type: 'float32', data: Float32Array.from(floats(count)) }),
  [DataType.DOUBLE]: (count) => ({ type: 'float64', data: floats(count) }),
  [DataType.FLOAT16]: (count) => ({ type: 'float16', data: Uint16Array.from(floats(count), floatToHalf) }),
  [DataType.INT64]: (count) => ({ type: 'int64', data: new BigInt64Array(count) }),
  [DataType.UINT64]: (count) => ({ type: 'uint64', data: new BigUint64Array(count) }),
  [DataType.INT32]: (count) => ({ type: 'int32', data: new Int32Array(count) }),
  [DataType.UINT32]: (count) => ({ type: 'uint32', data: new Uint32Array(count) }),
  [DataType.INT16]: (count) => ({ type: 'int16', data: new Int16Array(count) }),
  [DataType.UINT16]: (count) => ({ type: 'uint16', data: new Uint16Array(count) }),
  [DataType.INT8]: (count) => ({ type: 'int8', data: new Int8Array(count) }),
  [DataType.UINT8]: (count) => ({ type: 'uint8', data: new Uint8Array(count) }),
  [DataType.BOOL]: (count) => ({ type: 'bool', data: new Uint8Array(count) }),
};
