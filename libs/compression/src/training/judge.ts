import { STEP, buildLossModel, type ParameterLayout, type Shapes } from '#autodiff';
import { Session, float32 } from '#inference';
import { writeModel, type Graph } from '#onnx';
import type { Lesson } from './batches/lesson.js';
import { observeTrainingShapes } from './observe.js';
import type { Task } from './task.js';

export interface JudgeRequest {
  /** The student's training form. */
  graph: Graph;
  /** Where its weights lie in their vector. */
  layout: ParameterLayout;
  /** Its task on batches of these shapes. */
  taskOn(shapes: Shapes): Task;
  /** The samples held back, always the same ones, unchanged: batches may differ in size. */
  lessons(): AsyncIterable<Lesson>;
  threads: number;
}

/** A model of the loss for batches of one size. */
interface Sized {
  session: Session;
  task: Task;
}

/** Tells the loss on samples held back, in batches of their own. */
export class Judge {
  private readonly bySize = new Map<number, Sized>();

  constructor(private readonly request: JudgeRequest) {}

  /** Mean of the loss under the weights, each batch counted by its samples. */
  async loss(weights: Float32Array): Promise<number> {
    let sum = 0;
    let count = 0;
    for await (const lesson of this.request.lessons()) {
      const size = Object.values(lesson.inputs)[0]!.dims[0]!;
      const { session, task } = await this.sized(size, lesson);
      const result = await session.run(
        { ...lesson.inputs, ...task.feeds(lesson), [STEP.weights]: float32([weights.length], weights) },
        [STEP.term('loss')],
      );
      const samples = lesson.samples ?? size;
      sum += samples * (result[STEP.term('loss')]!.data as Float32Array)[0]!;
      count += samples;
    }
    return sum / count;
  }

  async release(): Promise<void> {
    for (const { session } of this.bySize.values()) await session.release();
    this.bySize.clear();
  }

  private async sized(size: number, { inputs }: Lesson): Promise<Sized> {
    const known = this.bySize.get(size);
    if (known) return known;
    const { graph, layout, threads } = this.request;
    const shapes = await observeTrainingShapes(graph, inputs);
    const task = this.request.taskOn(shapes);
    const { extraInputs, write: loss } = task.objective;
    const { model } = buildLossModel({
      graph,
      shapes,
      parameters: layout.slots.map(({ name }) => name),
      extraInputs,
      loss,
    });
    const made = { session: await Session.create(writeModel(model), { threads, optimization: 'extended' }), task };
    this.bySize.set(size, made);
    return made;
  }
}
