import { Session, type HostTensors } from '#inference';
import { DataType, Graph, cloneModel, floatTensor, makeNode, makeValueInfo, writeModel, type ModelProto, type NodeProto } from '#onnx';
import { calibrationBatches } from '../quantize/calibration-data.js';
import { PruneInputError } from './errors.js';
import { indicesOf, type Group } from './groups.js';
import { WEIGHT_IMPORTANCES, withMeanOne, type Importance, type ImportanceContext } from './importance.js';

/** What is measured of a channel: one number per sample from the graph, one per channel from all samples. */
interface ActivationMeasure {
  name: string;
  /** Writes the measure of each element, before the mean over all but sample and channel; returns its value. */
  element(graph: Graph, value: string): string;
  /** `range` is that of the whole layer. */
  score(samples: Float64Array, range: readonly [number, number]): number;
  /** Whether the score says how much a channel tells, which its weights then amplify: it multiplies their magnitude. */
  isFactor: boolean;
}

/** Bins over the range of a whole layer. */
const BINS = 64;

/**
 * Entropy of a channel's average activation over samples (Luo & Wu 2017): a channel that always says the same tells nothing. The bins
 * are those of the whole layer, so that a channel whose voice is faint falls into few of them. Alone it lost to random choice on seed-net,
 * because it does not see who listens: it weighs the magnitude of the channel's weights, in and out.
 */
export const entropyOf: ActivationMeasure = {
  name: 'entropy',
  isFactor: true,
  element: (_, value) => value,
  score(samples, [min, max]) {
    if (max === min) return 0;
    const counts = new Array<number>(BINS).fill(0);
    for (const value of samples) counts[Math.min(BINS - 1, Math.floor(((value - min) / (max - min)) * BINS))]!++;
    return counts.reduce((sum, count) => (count === 0 ? sum : sum - (count / samples.length) * Math.log(count / samples.length)), 0);
  },
};

/** 1 - APoZ, the share of activations above zero (Hu et al. 2016). */
export const aliveShare: ActivationMeasure = {
  name: 'apoz',
  isFactor: false,
  element(graph, value) {
    const zero = graph.addInitializer(floatTensor(graph.freshName('apoz_zero'), [], [0])).name;
    const alive = graph.freshName(`${value}/alive`);
    graph.addNode(makeNode('Greater', [value, zero], [alive]));
    const counted = graph.freshName(`${value}/alive_float`);
    graph.addNode(makeNode('Cast', [alive], [counted], { to: DataType.FLOAT }));
    return counted;
  },
  score: (samples) => samples.reduce((sum, share) => sum + share, 0) / samples.length,
};

/** Scores channels by their activations on the calibration split; the reduction runs in the graph, [samples, channels] come back. */
export function activationImportance(measure: ActivationMeasure): Importance {
  return async (context, groups) => {
    const { graph, data, options, threads } = context;
    if (!data) throw new PruneInputError(`importance "${measure.name}"`, 'a data set with a calibration split');
    const probes = groups.map((group) => probeOf(context, group));
    const model = cloneModel(graph.model);
    const outputs = addProbes(model, probes, measure);
    const session = await Session.create(writeModel(model), { threads });
    const rows: number[][][] = probes.map(() => []);
    for await (const inputs of calibrationBatches(graph, data, options.samples)()) {
      const results: HostTensors = await session.run(inputs, outputs);
      outputs.forEach((output, i) => rows[i]!.push(...rowsOf(results[output]!.data as Float32Array, results[output]!.dims)));
    }
    await session.release();
    return groups.map((group, i) => weighted(context, group, scoresOf(context, group, probes[i]!, rows[i]!, measure), measure));
  };
}

function weighted(context: ImportanceContext, group: Group, scores: Float64Array, { isFactor }: ActivationMeasure): Float64Array {
  if (!isFactor) return withMeanOne(scores);
  const magnitudes = WEIGHT_IMPORTANCES.l2(context, group);
  return withMeanOne(scores.map((score, i) => score * magnitudes[i]!));
}

interface Probe {
  value: string;
  axis: number;
  rank: number;
}

const FOLLOWED: ReadonlySet<string> = new Set(['BatchNormalization', 'Clip', 'Relu', 'LeakyRelu', 'PRelu', 'Elu', 'HardSigmoid', 'HardSwish', 'Gelu', 'Sigmoid', 'Tanh', 'QuantizeLinear', 'DequantizeLinear', 'Add']);

/** The group's first producer's output, followed through norms and activations that only it feeds: where a channel's voice is heard. */
function probeOf({ graph, dependencies }: ImportanceContext, group: Group): Probe {
  const axisOf = (value: string) => group.members.find((member) => member.value === value)?.axis;
  let node: NodeProto | undefined = group.producers[0]!;
  let probe = node.output[0]!;
  while (node) {
    const value: string = node.output[0]!;
    if (axisOf(value) === undefined) break;
    if (node.opType !== 'QuantizeLinear') probe = value;
    const uses = graph.consumers(value);
    const next: NodeProto | undefined = uses[0]?.node;
    node = uses.length === 1 && next && FOLLOWED.has(next.opType) ? next : undefined;
  }
  return { value: probe, axis: axisOf(probe)!, rank: dependencies.coordinates.dims(probe)!.length };
}

function addProbes(model: ModelProto, probes: readonly Probe[], measure: ActivationMeasure): string[] {
  const graph = new Graph(model);
  const names = probes.map(({ value, axis, rank }) => {
    const element = measure.element(graph, value);
    const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 0 && i !== axis);
    const output = graph.freshName(`${value}/${measure.name}`);
    if (others.length === 0) graph.addNode(makeNode('Identity', [element], [output]));
    else graph.addNode(reduceMean(graph, element, output, others));
    return output;
  });
  model.graph!.output = names.map((name) => makeValueInfo(name, DataType.FLOAT));
  return names;
}

/** Axes are an attribute up to opset 17 and an input from 18 on. */
function reduceMean(graph: Graph, value: string, output: string, axes: number[]): NodeProto {
  if (graph.opset() < 18) return makeNode('ReduceMean', [value], [output], { axes, keepdims: 0 });
  const constant = graph.freshName(`${output}/axes`);
  graph.addNode(makeNode('Constant', [], [constant], { value_ints: axes }));
  return makeNode('ReduceMean', [value, constant], [output], { keepdims: 0 });
}

function rowsOf(data: Float32Array, dims: readonly number[]): number[][] {
  const width = dims.at(-1)!;
  return Array.from({ length: data.length / width }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
}

function scoresOf({ dependencies }: ImportanceContext, group: Group, { value, axis }: Probe, rows: readonly number[][], measure: ActivationMeasure): Float64Array {
  const range = rows.reduce<[number, number]>((bounds, row) => [Math.min(bounds[0], ...row), Math.max(bounds[1], ...row)], [Infinity, -Infinity]);
  return Float64Array.from(group.classes, (root) => {
    const channels = indicesOf(dependencies.coordinates, value, axis, root);
    return channels.reduce((sum, channel) => sum + measure.score(Float64Array.from(rows, (row) => row[channel]!), range), 0);
  });
}
