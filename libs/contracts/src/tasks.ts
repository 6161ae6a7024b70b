/** What a task asks of the labels. */
export interface TaskFacts {
  /** How messages call it. */
  label: string;
  /** Class numbers, one a sample, or arrays of numbers. */
  labels: 'classes' | 'numbers';
  /** What the array of labels holds, for whoever has to write it. */
  form: string;
  /** What is read of the model. */
  reads: string;
  /** Whether its answer is the entry of the highest score, so that answers of two models can be told equal. */
  ranks?: true;
}

/**
 * What a model is for, which decides the figures of its quality. To add one: its line here, its metrics in
 * metric-table.ts, and in libs/evaluation what reads its outputs.
 */
export const TASKS = {
  classification: {
    label: 'classification',
    labels: 'classes',
    form: '[samples]: the class number of each',
    reads: 'an output [batch, classes] of scores',
    ranks: true,
  },
  regression: {
    label: 'regression',
    labels: 'numbers',
    form: '[samples, ...]: numbers in the shape of the output',
    reads: 'an output of the shape of the labels',
  },
  detection: {
    label: 'detection',
    labels: 'numbers',
    form: '[samples, objects, 5]: class number, then left, top, right and bottom; class -1 fills up, -2 - c is a crowd',
    reads: 'the outputs of its head: see the option detection',
  },
  segmentation: {
    label: 'segmentation',
    labels: 'numbers',
    form: '[samples, height, width]: the class number of each pixel',
    reads: 'an output [batch, classes, height, width] of scores, or [batch, height, width] of class numbers',
  },
  sequence: {
    label: 'sequence',
    labels: 'numbers',
    form: '[samples, symbols]: symbol numbers; -1 fills up',
    reads: 'an output [batch, steps, symbols] of scores',
  },
  embedding: {
    label: 'embedding',
    labels: 'classes',
    form: '[samples]: the number of who or what each sample shows',
    reads: 'an output [batch, numbers]',
  },
  wakeWord: {
    label: 'wake words',
    labels: 'classes',
    form: '[samples]: 0 where no wake word is said, else the number of the one that is',
    reads: 'an output [batch, words] of scores, with a column for the background or without',
    ranks: true,
  },
  anomaly: {
    label: 'anomaly detection',
    labels: 'classes',
    form: '[samples]: 0 for normal, 1 for an anomaly',
    reads: 'an output of one score a sample, or one of the shape of the input, whose distance from it is the score',
  },
} as const satisfies Record<string, TaskFacts>;

/**
 * The class number by which boxes of labels tell of a crowd of a class: what is found there counts neither as right nor
 * as wrong. The same leads back.
 */
export const crowdClass = (number: number): number => -2 - number;

export type TaskName = keyof typeof TASKS;
export const TASK_NAMES = Object.keys(TASKS) as [TaskName, ...TaskName[]];

/** What the table says of a task. */
export function taskFacts(task: TaskName): TaskFacts {
  return TASKS[task];
}
