import type { HostTensors } from '#inference';
import type { Lesson } from './lesson.js';
import type { Objective } from './objective.js';

/** What a model is trained to do. */
export interface Task {
  /** Values that the loss reads: weights that reach none of them are not trained. */
  outputs: readonly string[];
  objective: Objective;
  /** What a lesson brings for the loss: tensors by the names of the objective's extra inputs. */
  feeds(lesson: Lesson): HostTensors;
}
