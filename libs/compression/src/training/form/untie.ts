import { DataType, Graph, floatTensor, tensorDims, tensorToFloats, type ModelProto, type TensorProto } from '#onnx';
import { liftConstants } from '../../rewrites/constants.js';
import { fitsPattern } from '../../name-pattern.js';
import { readingsOf, type Reading, type Role } from './weight-roles.js';

/** What an exporter makes one tensor of although the net has several: parameters that begin alike. */
const BEGINNINGS: Partial<Record<Role, number>> = { gain: 1, scale: 1, bias: 0, shift: 0 };

/** What became of tensors that several parameters share. */
export interface PartedTensors {
  /** Tensors that have become several, with how many. */
  untied: { name: string; parameters: number }[];
  /** Tensors that stay one, and are trained as one. */
  tied: string[];
}

/**
 * Gives each norm and each layer a bias, gain, shift or statistics of its own where an exporter has merged them because
 * they were all zeros or all ones, in place. A layer that is applied several times, told by its kernel, keeps the one
 * that it has; where a net applies layers several times its norms may be meant to be one, and stay so.
 */
export function untieMerged(model: ModelProto, freeze: readonly string[] = []): PartedTensors {
  const graph = new Graph(model);
  liftConstants(graph);
  const kernelUses = (name: string) => readingsOf(graph, name).filter(({ role }) => role === 'kernel');
  const isReused = graph.proto.initializer.some(({ name }) => kernelUses(name).length > 1);
  const result: PartedTensors = { untied: [], tied: [] };
  for (const tensor of [...graph.proto.initializer]) {
    // What is to stay as it is may stay one.
    if (freeze.some((pattern) => fitsPattern(pattern, tensor.name))) continue;
    const readings = mergedReadings(graph, tensor);
    const owners = new Map<string, Reading[]>();
    for (const reading of readings) owners.set(ownerOf(reading), [...(owners.get(ownerOf(reading)) ?? []), reading]);
    const others = graph.consumers(tensor.name).length - readings.length;
    if (readings.length === 0 || owners.size + others < 2) continue;
    const statistics = readings.filter(isStatistic);
    if (isReused && statistics.length > 0 && statistics.length < graph.consumers(tensor.name).length)
      separate(graph, tensor, [statistics]);
    else if (
      isReused &&
      readings.some(({ node, role }) => role === 'scale' || role === 'shift' || node.opType.endsWith('Normalization'))
    )
      result.tied.push(tensor.name);
    else {
      separate(graph, tensor, [...owners.values()].slice(others > 0 ? 0 : 1));
      result.untied.push({ name: tensor.name, parameters: owners.size });
    }
  }
  return result;
}

/** Whether it is one of the statistics of a batch normalization. */
function isStatistic({ node, index }: Reading): boolean {
  return node.opType === 'BatchNormalization' && index >= 3;
}

/** What is said of tensors that stay one. */
export function tiedWarnings({ tied }: PartedTensors): string[] {
  return tied.map(
    (name) => `"${name}" is read in several places of a net that applies layers more than once, and is trained as one`,
  );
}

/** The readers of a tensor that begins as such parameters do, as far as they read it as such. */
function mergedReadings(graph: Graph, tensor: TensorProto): Reading[] {
  if (tensor.dataType !== DataType.FLOAT || graph.isOutput(tensor.name)) return [];
  const [parameters, statistics] = [readingsOf(graph, tensor.name), statisticsOf(graph, tensor.name)];
  const beginners = parameters.filter(({ role, carriers }) => role in BEGINNINGS && carriers.length === 0);
  if (beginners.length === 0 && statistics.length === 0) return [];
  const values = tensorToFloats(tensor);
  const begins = ({ role }: Reading) => values.every((value) => value === BEGINNINGS[role]);
  // Statistics are no weights: whatever they hold, they part from what is trained.
  return [...beginners.filter(begins), ...statistics.filter((reading) => parameters.length > 0 || begins(reading))];
}

/** Statistics of batch normalizations, which are estimated one by one: means begin as biases do, variances as gains. */
function statisticsOf(graph: Graph, name: string): Reading[] {
  const uses = graph.consumers(name).filter(({ node, index }) => node.opType === 'BatchNormalization' && index >= 3);
  return uses.map(({ node, index }) => ({ role: index === 3 ? 'bias' : 'gain', node, index, carriers: [] }));
}

/** Layers of one kernel are one layer; anything else stands for itself. */
function ownerOf({ node, role, index }: Reading): string {
  const isBiasOfProduct = role === 'bias' && !node.opType.endsWith('Normalization');
  return isBiasOfProduct ? `kernel ${node.input[1]}` : `node ${node.output[0]} ${index}`;
}

function separate(graph: Graph, tensor: TensorProto, owners: readonly (readonly Reading[])[]): void {
  for (const readings of owners) {
    const copied = floatTensor(graph.freshName(tensor.name), tensorDims(tensor), tensorToFloats(tensor));
    const copy = graph.addInitializer(copied).name;
    for (const { node, index } of readings) graph.setInput(node, index, copy);
  }
}
