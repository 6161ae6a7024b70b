import { subgraphs } from './attributes.js';
import { capturedValues, type Graph } from './graph.js';

/** Operators whose result is another at every run. */
export const RANDOM_OPS: ReadonlySet<string> = new Set([
  'RandomNormal',
  'RandomUniform',
  'RandomNormalLike',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
]);

/**
 * Whether a value is the same in every run: it follows from what the file holds alone, in the bodies of its nodes too.
 */
export function isSameEveryRun(graph: Graph, value: string, known: Map<string, boolean> = new Map()): boolean {
  const found = known.get(value);
  if (found !== undefined) return found;
  const node = graph.producer(value);
  const inBodies = node ? subgraphs(node).flatMap((body) => [...capturedValues(body)]) : [];
  const read = node ? [...node.input, ...inBodies] : [];
  const isSteady = (input: string) => input === '' || isSameEveryRun(graph, input, known);
  const isSame = node ? !RANDOM_OPS.has(node.opType) && read.every(isSteady) : graph.initializer(value) !== undefined;
  known.set(value, isSame);
  return isSame;
}
