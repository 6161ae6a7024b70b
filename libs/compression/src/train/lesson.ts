import type { Trainer } from './trainer.js';
import type { HostTensors } from '#inference';

/** One batch to learn from. */
export interface Lesson {
  inputs: HostTensors;
  /** The teacher's answers by the name of its output. */
  answers: HostTensors;
  labels: Int32Array | null;
}

/** Where lessons come from: recorded data, a generator, or both. */
export interface Curriculum {
  /** Lessons of one epoch, always as many. */
  lessonsPerEpoch: number;
  lessons(epoch: number): AsyncIterable<Lesson>;
  /** Trainers that a checkpoint has to keep, by name. */
  trainers: Readonly<Record<string, Trainer>>;
  release(): Promise<void>;
}

/** The inputs of an epoch's lessons alone. */
export async function* lessonInputs(curriculum: Curriculum, epoch: number): AsyncGenerator<HostTensors> {
  for await (const { inputs } of curriculum.lessons(epoch)) yield inputs;
}
