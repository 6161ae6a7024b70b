import type { Skipped } from '#contracts';
import {
  nodeLabel,
  DataType,
  dataTypeBits,
  dataTypeName,
  floatTensor,
  rowScales,
  tensorDims,
  subgraphs,
  tensorToFloats,
  type Graph,
  type NodeProto,
  type TensorProto,
} from '#onnx';
import { isConstantOfFile } from '../../rewrites/constants.js';
import { areFiltersAlike, commonValue, isMask, isUnbounded, isWave, wideAxes } from './constant-values.js';
import { isLayerOfOne, isRawInput } from './surroundings.js';
import type { Trainable } from './trainable.js';
import { isMatrix, otherReaders, readingsOf, type Reading } from './weight-roles.js';

/** Which numbers of a file are trained. */
export interface FloatWeights {
  trainables: Trainable[];
  /** Numbers that could have been meant, and why they stay. */
  left: Skipped[];
}

/**
 * What is asked of the choice: names that stay whatever they are, and names that are trained although they look like
 * constants.
 */
export interface WeightChoice {
  frozen: ReadonlySet<string>;
  thawed: ReadonlySet<string>;
}

/** Why what `freeze` names stays. */
export const NAMED = 'it is named by freeze';

const WAVE = 'its elements follow a wave or a ramp';

/** A tensor under judgement. */
interface Candidate {
  tensor: TensorProto;
  dims: number[];
  values: Float32Array;
  readings: readonly Reading[];
}

const FLOATS: ReadonlySet<DataType> = new Set([DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16, DataType.BFLOAT16]);

/**
 * The float weights of a graph in which constants stand as initializers: by their readers, their values and where the
 * file has them.
 */
export function floatWeights(graph: Graph, choice: WeightChoice): FloatWeights {
  const isInConstants = originTells(graph) ? isConstantOfFile : () => false;
  const found: FloatWeights = { trainables: [], left: [] };
  const scalesOfRows = rowScales(graph);
  for (const tensor of graph.proto.initializer) {
    if (!FLOATS.has(tensor.dataType) || graph.isOutput(tensor.name) || scalesOfRows.has(tensor.name)) continue;
    const readings = readingsOf(graph, tensor.name);
    const [reader] = readings.length > 0 ? [readings[0]!.node] : otherReaders(graph, tensor.name);
    if (!reader) continue;
    const dims = tensorDims(tensor);
    const leave = (reason: string) => found.left.push({ node: tensor.name, opType: reader.opType, reason });
    if (choice.frozen.has(tensor.name)) leave(NAMED);
    else if (readings.length === 0)
      leave(`what ${reader.opType} "${nodeLabel(reader)}" reads there is not trained: it stays as it is`);
    else if (tensor.dataType !== DataType.FLOAT)
      leave(
        `it is stored in ${dataTypeName(tensor.dataType).toLowerCase()}, and weights are trained in float32: it stays as it is`,
      );
    else {
      const candidate = { tensor, dims, values: tensorToFloats(tensor), readings };
      const reason = choice.thawed.has(tensor.name)
        ? null
        : isInConstants(tensor)
          ? 'a Constant node of the file holds it'
          : constantBecause(graph, candidate);
      if (reason === null) found.trainables.push(trainable(candidate));
      else leave(`taken for a constant, ${reason}: it stays as it is; name it in thaw to train it`);
    }
  }
  for (const node of graph.nodes.filter(holdsWeights)) {
    found.left.push({
      node: nodeLabel(node),
      opType: node.opType,
      reason: 'the weights inside its bodies are not trained: they stay as they are',
    });
  }
  return found;
}

/** Whether the bodies of a node have tensors of floats of their own. */
function holdsWeights(node: NodeProto): boolean {
  return subgraphs(node).some(
    ({ initializer, node: inner }) =>
      initializer.some(({ dataType }) => FLOATS.has(dataType)) || inner.some(holdsWeights),
  );
}

/** A file that holds the kernels of its layers in Constant nodes says nothing by them. */
function originTells(graph: Graph): boolean {
  const isKernel = (name: string) => readingsOf(graph, name).some(({ role }) => role === 'kernel');
  const kernels = graph.proto.initializer.filter(({ dataType, name }) => FLOATS.has(dataType) && isKernel(name));
  return kernels.some((tensor) => !isConstantOfFile(tensor));
}

function trainable({ tensor: { name, dataType }, dims, values, readings }: Candidate): Trainable {
  return {
    name,
    dims,
    values,
    bits: dataTypeBits(dataType) ?? 32,
    isMatrix: isMatrix(readings),
    readings,
    stored: (trained) => [floatTensor(name, dims, trained)],
  };
}

/** What gives the numbers away as a constant of the architecture; null for a weight. */
function constantBecause(graph: Graph, candidate: Candidate): string | null {
  const { values, readings } = candidate;
  if (values.length === 0) return 'it is empty';
  if (isUnbounded(values)) return 'some of its elements are not finite';
  const reasons = readings.map((reading) => byReading(graph, candidate, reading));
  // A tensor that one operator reads as a weight is one.
  if (reasons.includes(null)) return null;
  return reasons[0]!;
}

function byReading(graph: Graph, candidate: Candidate, reading: Reading): string | null {
  const { dims, values } = candidate;
  switch (reading.role) {
    case 'gain':
    case 'bias':
    case 'slope':
      return null;
    // A file may hold a net before its training: a layer's numbers that are all alike are a beginning.
    case 'kernel':
    case 'table':
      if (commonValue(values) !== null) return null;
      if (reading.node.opType.startsWith('Conv') && areFiltersAlike(values, dims)) return 'all its filters are alike';
      return isWave(values, dims) ? WAVE : null;
    case 'token':
      return values.length === 1 ? 'it is a single number' : byValues(candidate, null);
    case 'scale':
      return besideData(graph, candidate, reading) ?? byValues(candidate, wideAxes(dims) > 1 ? null : 1);
    case 'shift':
      return besideData(graph, candidate, reading) ?? byValues(candidate, 0);
  }
}

/**
 * A single number is arithmetic (a half, an epsilon) unless a layer of one output is in front of it; what meets the
 * model's input makes it ready.
 */
function besideData(graph: Graph, { dims, values }: Candidate, { role, node, index }: Reading): string | null {
  const other = node.input[1 - index]!;
  if (values.length === 1)
    return role === 'shift' && isLayerOfOne(graph, other)
      ? null
      : `a single number beside ${node.opType} is arithmetic`;
  const isVector = wideAxes(dims) <= 1;
  return isRawInput(graph, other) && (isVector || node.opType === 'Sub') ? "it makes the model's input ready" : null;
}

/** `fresh` is the number that all elements of such a weight may begin at. */
function byValues({ dims, values }: Candidate, fresh: number | null): string | null {
  const common = commonValue(values);
  if (common !== null) return common === fresh ? null : `all its elements are ${common}`;
  if (isMask(values, dims)) return 'its elements open and close like a mask';
  return isWave(values, dims) ? WAVE : null;
}
