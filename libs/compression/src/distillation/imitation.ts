import { float32 } from '#inference';
import { classLabels } from '../training/batches/labels.js';
import type { Objective } from '../training/objective.js';
import type { Feature } from './features.js';
import {
  LABELS,
  answerInput,
  distillObjective,
  labelled,
  poweredAnswers,
  powerInput,
  type ObjectiveOptions,
} from './objective.js';
import type { OutputPair } from './outputs.js';

/** To give the teacher's answers; where batches have labels and an output is for them, to be right as well. */
export function imitation(
  pairs: readonly OutputPair[],
  batchesHaveLabels: boolean,
  options: ObjectiveOptions,
  features: readonly Feature[] = [],
): Objective {
  const powered = poweredAnswers(pairs, features);
  const hasLabels = labelled(pairs, batchesHaveLabels) !== undefined;
  const read = [...pairs.map(({ output }) => output), ...features.map(({ value }) => value)];
  return {
    outputs: read,
    ...distillObjective(pairs, hasLabels, options, features),
    feeds({ targets, labels }) {
      const soft = [...pairs, ...features].map(({ answer }) => [answerInput(answer), targets[answer]!] as const);
      const powerOf = (answer: string) => float32([], [meanSquare(targets[answer]!.data as Float32Array)]);
      const powers = powered.map((answer) => [powerInput(answer), powerOf(answer)] as const);
      const hard = labels && hasLabels ? { [LABELS]: classLabels(labels) } : {};
      return { ...Object.fromEntries([...soft, ...powers]), ...hard };
    },
  };
}

function meanSquare(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return sum / values.length;
}
