import { Session, type HostTensors } from '#inference';
import {
  BUILDER_OPSET,
  DataType,
  Graph,
  GraphBuilder,
  cloneModel,
  ownName,
  writeModel,
  liftOpset,
  type NodeProto,
  elementOf,
  outputOf,
  dimOf,
} from '#onnx';
import { answerOnly } from '../../rewrites/answer-only.js';
import { calibrationBatches } from '../../calibration-data.js';
import { PruneInputError } from '../errors.js';
import { indicesOf, type Group } from '../channels/groups.js';
import type { ImportanceContext } from './importance.js';

/** Where a group's channels are heard: a value, and the axis along which they lie. */
export interface Probe {
  value: string;
  axis: number;
  rank: number;
  /** Entries of the axis. */
  length: number;
  /** Per unit of the group, its positions on the axis. */
  positions: number[][];
}

const FOLLOWED: ReadonlySet<string> = new Set([
  'BatchNormalization',
  'Clip',
  'Relu',
  'LeakyRelu',
  'PRelu',
  'Elu',
  'HardSigmoid',
  'HardSwish',
  'Gelu',
  'Sigmoid',
  'Tanh',
  'QuantizeLinear',
  'DequantizeLinear',
  'Add',
]);

/** The group's first producer's output, followed through norms and activations that only it feeds. */
export function probeOf(
  { graph, dependencies: { coordinates } }: Pick<ImportanceContext, 'graph' | 'dependencies'>,
  group: Group,
): Probe {
  const axisOf = (value: string) => group.members.find((member) => member.value === value)?.axis;
  let node: NodeProto | undefined = elementOf(group.producers, 0, 'producers');
  let value = node.output.find((name) => name !== '' && axisOf(name) !== undefined) ?? outputOf(node);
  while (node) {
    const output: string = outputOf(node);
    if (axisOf(output) === undefined) break;
    if (node.opType !== 'QuantizeLinear') value = output;
    const uses = graph.consumers(output);
    const next: NodeProto | undefined = uses[0]?.node;
    node = uses.length === 1 && next && FOLLOWED.has(next.opType) ? next : undefined;
  }
  const axis = axisOf(value)!;
  const dims = coordinates.dimsOf(value);
  const positions = group.units.map((root) => indicesOf(coordinates, value, axis, root));
  return { value, axis, rank: dims.length, length: dimOf(dims, axis), positions };
}

/**
 * Writes what is asked of one probe behind the model and returns the values that hold it, each a vector over the
 * probe's axis.
 */
export type Question = (builder: GraphBuilder, probe: Probe, index: number) => { value: string; type: DataType };

/**
 * Sums of the answers over all calibration batches, per probe. The reduction runs inside the model's graph: only
 * vectors come back. Throws PruneInputError when there is no data set.
 */
export async function askProbes(
  { graph, data, options, threads, work }: ImportanceContext,
  probes: readonly Probe[],
  question: Question,
): Promise<Float64Array[]> {
  if (!data) throw new PruneInputError(`importance "${options.importance}"`, 'a data set with a calibration split');
  const { model, outputs } = questioned(graph, probes, question);
  const sums: Float64Array[] = [];
  const session = await Session.create(writeModel(model), { threads });
  for await (const inputs of calibrationBatches(graph, data, options.samples, { work })()) {
    const results: HostTensors = await session.run(inputs, outputs);
    outputs.forEach((output, i) => {
      const { data } = results[output]!;
      addTo((sums[i] ??= new Float64Array(data.length)), data as Float32Array);
    });
  }
  await session.release();
  return sums;
}

function questioned(source: Graph, probes: readonly Probe[], question: Question) {
  const model = cloneModel(source.model);
  liftOpset(model, BUILDER_OPSET);
  const graph = new Graph(model);
  const builder = new GraphBuilder(ownName('probe:'));
  const outputs = probes.map((probe, i) => {
    const { value, type } = question(builder, probe, i);
    return builder.output(value, undefined, type);
  });
  answerOnly(graph, builder);
  return { model, outputs };
}

/** All axes of a probe but its own. */
export function otherAxes({ rank, axis }: Probe): number[] {
  return Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
}

/** The shape in which a vector over the probe's axis broadcasts to its value. */
export function alongAxis({ rank, axis, length }: Probe): number[] {
  return Array.from({ length: rank }, (_, i) => (i === axis ? length : 1));
}

function addTo(sums: Float64Array, values: ArrayLike<number>): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
}
