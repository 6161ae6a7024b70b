import { float32 } from '#inference';
import { classLabels } from '../training/batches/labels.js';
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
import type { Target } from './outputs.js';
import type { Task } from '../training/task.js';

/** To give the teacher's answers; where lessons have labels and an output is for them, to be right as well. */
export function imitation(
  targets: readonly Target[],
  lessonsHaveLabels: boolean,
  options: ObjectiveOptions,
  features: readonly Feature[] = [],
): Task {
  const powered = poweredAnswers(targets, features);
  const hasLabels = labelled(targets, lessonsHaveLabels) !== undefined;
  return {
    outputs: [...targets.map(({ output }) => output), ...features.map(({ value }) => value)],
    objective: distillObjective(targets, hasLabels, options, features),
    feeds({ answers, labels }) {
      const soft = [...targets, ...features].map(({ answer }) => [answerInput(answer), answers[answer]!] as const);
      const powers = powered.map(
        (answer) => [powerInput(answer), float32([], [meanSquare(answers[answer]!.data as Float32Array)])] as const,
      );
      return {
        ...Object.fromEntries([...soft, ...powers]),
        ...(labels && hasLabels ? { [LABELS]: classLabels(labels) } : {}),
      };
    },
  };
}

function meanSquare(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return sum / values.length;
}
