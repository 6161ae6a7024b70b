import { missingGradients, reachedTargets } from '#autodiff';
import { DataType, valueElemType, type Graph, type Shapes } from '#onnx';
import type { Trainable, TrainingForm } from './trainable.js';

/** The outputs of floats: what a student can be trained towards. */
export function outputNames(graph: Graph): string[] {
  return graph.outputs.filter((output) => valueElemType(output) === DataType.FLOAT).map(({ name }) => name);
}

/** The trainables to which a gradient of one of the values leads back. */
export function reachable(
  { graph, trainables }: TrainingForm,
  values: readonly string[],
  shapes?: Shapes,
): Trainable[] {
  const reached = reachedTargets(
    graph,
    values,
    trainables.map(({ name }) => name),
    shapes,
  );
  return trainables.filter(({ name }) => reached.has(name));
}

/** Outputs of floats that a gradient comes back from, and those that it does not with the reason. */
export interface DifferentiableOutputs {
  outputs: string[];
  left: { output: string; reason: string }[];
}

/** With none that a gradient comes back from all are given, so that the nodes in the way are named. */
export function differentiableOutputs({ graph, trainables }: TrainingForm): DifferentiableOutputs {
  const weights = trainables.map(({ name }) => name);
  const judged = outputNames(graph).map((output) => ({ output, missing: missingGradients(graph, [output], weights) }));
  const outputs = judged.filter(({ missing }) => missing.length === 0).map(({ output }) => output);
  if (outputs.length === 0) return { outputs: outputNames(graph), left: [] };
  const left = judged.flatMap(({ output, missing: [first] }) =>
    first ? [{ output, reason: `there is no gradient rule for ${first.opType} "${first.node}" before it` }] : [],
  );
  return { outputs, left };
}
