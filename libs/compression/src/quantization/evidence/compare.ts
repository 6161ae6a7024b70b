import { decibels } from '#evaluation';
import { Session } from '#inference';
import {
  cloneModel,
  DataType,
  Graph,
  GraphBuilder,
  ownName,
  subgraphs,
  writeModel,
  type GraphProto,
  type ModelProto,
} from '#onnx';
import { answerOnly } from '../../rewrites/answer-only.js';
import type { CalibrationRun } from '../calibration/calibrate.js';
import type { Batches } from '../../calibration-data.js';

/**
 * Signal to noise of each value between two models on the same data, dB; null where they are identical, undefined where
 * there is none: the exact value is zero, or one is not finite.
 */
export type ValueSnrs = Map<string, number | null | undefined>;

const PREFIX = ownName('exact/');
const signalOf = (pair: number) => ownName(`signal${pair}`);
const noiseOf = (pair: number) => ownName(`noise${pair}`);

/**
 * Runs both models as one graph on the same inputs and returns the SNR of each value that they share by name. The two
 * sums, Σ x² and Σ (x − y)², are taken inside the graph. The models must declare the same opset.
 */
export async function compareValues(
  exact: ModelProto,
  changed: ModelProto,
  values: readonly string[],
  batches: Batches,
  run: CalibrationRun,
): Promise<ValueSnrs> {
  const graph = sideBySide(exact, changed);
  const pairs = values.map((value): [string, string] => [exactValue(graph, value), value]);
  const snrs = await comparePairs(graph, pairs, batches, run);
  return new Map(values.map((value, i) => [value, snrs[i]]));
}

/**
 * The SNR of the second value of each pair against the first, dB, null where they are identical, undefined where there
 * is none. The graph's outputs are replaced by the sums.
 */
export async function comparePairs(
  graph: Graph,
  pairs: readonly (readonly [exact: string, changed: string])[],
  batches: Batches,
  run: CalibrationRun,
): Promise<(number | null | undefined)[]> {
  addSums(graph, pairs);
  const session = await Session.create(writeModel(graph.model), { threads: run.threads });
  const sums = pairs.map(() => ({ signal: 0, noise: 0 }));
  const wanted = new Set(session.inputs.map((input) => input.name));
  try {
    for await (const batch of batches()) {
      const results = await session.run(Object.fromEntries(Object.entries(batch).filter(([name]) => wanted.has(name))));
      sums.forEach((sum, i) => {
        sum.signal += Number(results[signalOf(i)]!.data[0]);
        sum.noise += Number(results[noiseOf(i)]!.data[0]);
      });
    }
  } finally {
    await session.release();
  }
  return sums.map(({ signal, noise }) => decibels(signal, noise));
}

/**
 * A copy of `changed` that computes `exact` too, from the same inputs: the values of `exact` are found under {@link
 * exactValue}. The models must declare the same opset.
 */
export function sideBySide(exact: ModelProto, changed: ModelProto): Graph {
  const reference = cloneModel(exact);
  prefixNames(reference.graph!, new Set(new Graph(reference).inputs.map((input) => input.name)));
  const graph = new Graph(cloneModel(changed));
  for (const tensor of reference.graph!.initializer) graph.addInitializer(tensor);
  for (const node of reference.graph!.node) graph.addNode(node);
  return graph;
}

/** The name that a value of the exact model has side by side with the changed one. */
export function exactValue(graph: Graph, value: string): string {
  return graph.isInput(value) ? value : PREFIX + value;
}

function addSums(graph: Graph, pairs: readonly (readonly [exact: string, changed: string])[]): void {
  const b = new GraphBuilder(ownName('compare:'));
  pairs.forEach(([exact, changed], i) => {
    const difference = b.op('Sub', [exact, changed]);
    const signal = b.output(signalOf(i), [], DataType.FLOAT);
    const noise = b.output(noiseOf(i), [], DataType.FLOAT);
    b.op('ReduceSumSquare', [exact], { keepdims: 0 }, { outputs: [signal] });
    b.op('ReduceSumSquare', [difference], { keepdims: 0 }, { outputs: [noise] });
  });
  answerOnly(graph, b);
}

/** Puts the prefix before every value and node name, also inside bodies; the graph's own inputs keep theirs. */
function prefixNames(graph: GraphProto, kept: ReadonlySet<string>): void {
  const rename = (name: string) => (name === '' || kept.has(name) ? name : PREFIX + name);
  for (const tensor of graph.initializer) tensor.name = rename(tensor.name);
  for (const info of [...graph.input, ...graph.output, ...graph.valueInfo]) info.name = rename(info.name);
  for (const node of graph.node) {
    node.name = rename(node.name);
    node.input = node.input.map(rename);
    node.output = node.output.map(rename);
    for (const body of subgraphs(node)) prefixNames(body, kept);
  }
}
