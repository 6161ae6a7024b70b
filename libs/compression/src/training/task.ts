import type { ExtraInput, GradientBuilder } from '#autodiff';
import type { HostTensors } from '#inference';
import type { Lesson } from './batches/lesson.js';

/** Terms of a loss and its gradient by each value that it reads. */
export interface WrittenLoss {
  terms: Record<string, string>;
  seeds: Map<string, string>;
}

/** What the student is trained to do, written into the step graph. */
export interface Objective {
  extraInputs: ExtraInput[];
  write(g: GradientBuilder): WrittenLoss;
}

/** What a model is trained to do. */
export interface Task {
  /** Values that the loss reads: weights that reach none of them are not trained. */
  outputs: readonly string[];
  objective: Objective;
  /** What a lesson brings for the loss: tensors by the names of the objective's extra inputs. */
  feeds(lesson: Lesson): HostTensors;
}
