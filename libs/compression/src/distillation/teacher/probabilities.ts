import type { HostTensors } from '#inference';
import type { Graph } from '#onnx';
import { logitsBehind } from '../../training/logits-behind.js';
import type { OutputPair } from '../outputs.js';

/** How far from 1 the sum of a row of probabilities may be. */
const TOLERANCE = 1e-3;

/**
 * Classifications that end in a Softmax, seen through it: the loss reads the student's logits, and takes the logarithm
 * of a teacher's probabilities, which are logits as well. Other pairs stay as they are.
 */
export function throughSoftmax(graph: Graph, pairs: readonly OutputPair[], answers: HostTensors): OutputPair[] {
  return pairs.map((pair) => {
    if (pair.kind !== 'classification') return pair;
    const isProbability = areProbabilities(answers[pair.answer]!);
    return { ...pair, logits: logitsBehind(graph, pair.output), isProbability };
  });
}

/** Whether each row of [N, K] holds no negative number and sums to 1: logits never do so in every row. */
function areProbabilities({ dims, data }: HostTensors[string]): boolean {
  const [rows, classes] = dims as [number, number];
  const values = data as Float32Array;
  const isDistribution = (row: Float32Array) => {
    const sum = row.reduce((total, value) => total + value, 0);
    return row.every((value) => value >= 0) && Math.abs(sum - 1) < TOLERANCE;
  };
  const rowsOfIt = Array.from({ length: rows }, (_, i) => values.subarray(i * classes, (i + 1) * classes));
  return rowsOfIt.every(isDistribution);
}
