import { toBinary } from '@bufbuild/protobuf';
import { addGradients, appendForward, type FloatType } from '#autodiff';
import { Session, type HostTensor, type HostTensors } from '#inference';
import {
  DataType,
  Graph,
  GraphBuilder,
  ModelProtoSchema,
  type Attributes,
  type ModelProto,
  type TensorProto,
} from '#onnx';
import { randomNumbers } from './random.js';

/** A float input of the checked node, differentiated unless `constant`. */
export interface CheckedInput {
  dims: readonly number[];
  /** Values; by default random numbers in `range`. */
  values?: readonly number[];
  range?: readonly [number, number];
  /** Take no gradient: the input is fixed. */
  fixed?: boolean;
}

export interface GradientCheck {
  opType: string;
  /** Float inputs to differentiate, constants as tensors, '' for an optional input left out. */
  inputs: readonly (CheckedInput | TensorProto | '')[];
  attributes?: Attributes;
  outputs?: number;
  /** How many of the outputs are differentiated, the first ones; all by default. */
  differentiated?: number;
  domain?: string;
  /** `float` where ORT has no float64 kernel. */
  precision?: 'double' | 'float';
  /** Channels of a block of the runtime's blocked layout, for the rule to use. */
  block?: number;
  /** Of an operator that is newer than what graphs declare otherwise. */
  opset?: number;
}

/** Element by element: what the rule said and what central differences say. */
export interface GradientError {
  input: number;
  /** Largest |rule - difference| / max(1, |difference|) over the input's elements. */
  error: number;
}

/**
 * Compares a rule with central differences of a random linear functional of the node's outputs. Runs in float64 unless
 * runtime lacks the kernel; then errors of about 1e-2 are the best that can be told.
 */
export async function gradientErrors(check: GradientCheck): Promise<GradientError[]> {
  const elemType: FloatType = check.precision === 'float' ? DataType.FLOAT : DataType.DOUBLE;
  const forward = forwardModel(check, elemType);
  const random = randomNumbers(7);
  const feeds: HostTensors = Object.fromEntries(
    floatInputs(check).map(({ name, input }) => {
      const [low, high] = input.range ?? [-1, 1];
      const count = input.dims.reduce((product, dim) => product * dim, 1);
      const drawn = () => Array.from({ length: count }, () => low + (high - low) * random());
      return [name, hostTensor(elemType, input.dims, input.values ?? drawn())];
    }),
  );
  const observed = await run(forward, feeds);
  const dimsOf = ([name, tensor]: [string, HostTensor]) => [name, tensor.dims] as const;
  const shapes = new Map(Object.entries({ ...feeds, ...observed }).map(dimsOf));
  for (const tensor of forward.graph!.initializer) shapes.set(tensor.name, tensor.dims.map(Number));
  const outputs = forward.graph!.output.map((output) => output.name).slice(0, check.differentiated);
  const weights = outputs.map((name) =>
    Float64Array.from(observed[name]!.data as Float64Array, () => random() * 2 - 1),
  );
  const free = floatInputs(check).filter(({ input }) => !input.fixed);
  const targets = free.map(({ name }) => name);
  const seedOf = (name: string, i: number) => hostTensor(elemType, shapes.get(name)!, [...weights[i]!]);
  const seeds = Object.fromEntries(outputs.map((name, i) => [`seed${i}`, seedOf(name, i)]));
  const analytic = await run(backwardModel(check, elemType, shapes, targets), { ...feeds, ...seeds });
  const session = await Session.create(toBinary(ModelProtoSchema, forward));
  const functional = async () => {
    const result = await session.run(feeds);
    const along = (data: Float64Array, direction: Float64Array) =>
      data.reduce((sum, value, at) => sum + value * direction[at]!, 0);
    const parts = outputs.map((name, i) => along(result[name]!.data as Float64Array, weights[i]!));
    return parts.reduce((total, part) => total + part, 0);
  };
  const errors: GradientError[] = [];
  for (const name of targets) {
    const data = feeds[name]!.data as Float64Array;
    const step = elemType === DataType.FLOAT ? 1e-2 : 1e-5;
    let error = 0;
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      data[i] = value + step;
      const above = await functional();
      data[i] = value - step;
      const below = await functional();
      data[i] = value;
      const difference = (above - below) / (2 * step);
      const gradient = (analytic[`d:${name}`]!.data as Float64Array)[i]!;
      error = Math.max(error, Math.abs(gradient - difference) / Math.max(1, Math.abs(difference)));
    }
    errors.push({ input: Number(name.slice(1)), error });
  }
  await session.release();
  return errors;
}

function floatInputs(check: GradientCheck): { name: string; input: CheckedInput }[] {
  const isChecked = (input: CheckedInput | TensorProto | ''): input is CheckedInput =>
    typeof input === 'object' && !('$typeName' in input);
  return check.inputs.flatMap((input, i) => (isChecked(input) ? [{ name: `x${i}`, input }] : []));
}

function declare(check: GradientCheck, builder: GraphBuilder, elemType: FloatType): void {
  for (const { name, input } of floatInputs(check)) builder.input(name, input.dims, elemType);
}

function node(check: GradientCheck, builder: GraphBuilder): string[] {
  const names = check.inputs.map((input, i) => {
    if (input === '') return '';
    return '$typeName' in input ? builder.initializer({ ...input, name: `x${i}` }) : `x${i}`;
  });
  const outputs = Array.from({ length: check.outputs ?? 1 }, (_, i) => `y${i}`);
  const domain = check.domain ? { domain: check.domain } : {};
  builder.op(check.opType, names, check.attributes ?? {}, { outputs, ...domain });
  return outputs;
}

function forwardModel(check: GradientCheck, elemType: FloatType): ModelProto {
  const builder = new GraphBuilder();
  declare(check, builder, elemType);
  const isChecked = (i: number) => i < (check.differentiated ?? Infinity);
  const typeOf = (i: number) => (isChecked(i) ? elemType : DataType.UNDEFINED);
  node(check, builder).forEach((name, i) => builder.output(name, undefined, typeOf(i)));
  return builder.build(check.opset);
}

function backwardModel(
  check: GradientCheck,
  elemType: FloatType,
  shapes: ReadonlyMap<string, readonly number[]>,
  targets: string[],
): ModelProto {
  const graph = new Graph(forwardModel(check, elemType));
  const builder = new GraphBuilder('g');
  declare(check, builder, elemType);
  for (const tensor of graph.proto.initializer) builder.initializer(tensor);
  for (const forward of graph.nodes) appendForward(builder, forward);
  const seeds = new Map(
    graph.outputs.slice(0, check.differentiated).map(({ name }, i) => {
      builder.input(`seed${i}`, shapes.get(name)!, elemType);
      return [name, `seed${i}`];
    }),
  );
  const gradients = addGradients({ graph, builder, shapes, seeds, targets, elemType, block: check.block ?? 0 });
  for (const target of targets) {
    builder.op('Identity', [gradients.get(target)!], {}, { outputs: [`d:${target}`] });
    builder.output(`d:${target}`, undefined, elemType);
  }
  return builder.build(check.opset);
}

async function run(model: ModelProto, feeds: HostTensors): Promise<HostTensors> {
  const session = await Session.create(toBinary(ModelProtoSchema, model), { optimization: 'basic' });
  const wanted = new Set(session.inputs.map((input) => input.name));
  const wantedFeeds = Object.entries(feeds).filter(([name]) => wanted.has(name));
  const result = await session.run(Object.fromEntries(wantedFeeds));
  await session.release();
  return result;
}

function hostTensor(elemType: FloatType, dims: readonly number[], values: readonly number[]): HostTensor {
  return elemType === DataType.DOUBLE
    ? { type: 'float64', dims, data: Float64Array.from(values) }
    : { type: 'float32', dims, data: Float32Array.from(values) };
}
