import { STEP, buildLossModel, type ParameterLayout } from '#autodiff';
import { Session } from '#inference';
import { writeModel, type Graph, type Shapes } from '#onnx';
import type { TrainingBatch } from './batches/batch-source.js';
import { observeTrainingShapes } from './observe.js';
import type { Objective } from './objective.js';
import { weightTensors } from './parallel/gradient-runner.js';

export interface ValidationLossRequest {
  /** The training form of the model. */
  graph: Graph;
  /** Where its weights lie in their vector. */
  layout: ParameterLayout;
  /** Its objective on batches of these shapes. */
  objectiveOn(shapes: Shapes): Objective;
  /** The samples held back, always the same ones, unchanged: batches may differ in size. */
  batches(): AsyncIterable<TrainingBatch>;
  threads: number;
}

/** A model of the loss for batches of one size. */
interface Sized {
  session: Session;
  objective: Objective;
}

/** Tells the loss on samples held back, in batches of their own. */
export class ValidationLoss {
  private readonly bySize = new Map<number, Sized>();

  constructor(private readonly request: ValidationLossRequest) {}

  /** Mean of the loss under the weights, each batch counted by its samples. */
  async loss(weights: Float32Array): Promise<number> {
    let sum = 0;
    let count = 0;
    for await (const batch of this.request.batches()) {
      const size = Object.values(batch.inputs)[0]!.dims[0]!;
      const { session, objective } = await this.sized(size, batch);
      const feeds = { ...batch.inputs, ...objective.feeds(batch), ...weightTensors(this.request.layout, weights) };
      const result = await session.run(feeds, [STEP.term('loss')]);
      const samples = batch.samples ?? size;
      sum += samples * (result[STEP.term('loss')]!.data as Float32Array)[0]!;
      count += samples;
    }
    return sum / count;
  }

  async release(): Promise<void> {
    for (const { session } of this.bySize.values()) await session.release();
    this.bySize.clear();
  }

  private async sized(size: number, { inputs }: TrainingBatch): Promise<Sized> {
    const known = this.bySize.get(size);
    if (known) return known;
    const { graph, layout, threads } = this.request;
    const shapes = await observeTrainingShapes(graph, inputs);
    const objective = this.request.objectiveOn(shapes);
    const { extraInputs, write: loss } = objective;
    const parameters = layout.slots.map(({ name }) => name);
    const { model } = buildLossModel({ graph, shapes, parameters, extraInputs, loss });
    const made = { session: await Session.create(writeModel(model), { threads, optimization: 'extended' }), objective };
    this.bySize.set(size, made);
    return made;
  }
}
