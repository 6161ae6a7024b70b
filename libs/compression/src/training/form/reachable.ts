import { reachedTargets, type Shapes } from '#autodiff';
import { DataType, valueElemType, type Graph } from '#onnx';
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
