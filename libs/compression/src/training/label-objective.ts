import {
  lossOf,
  meanSquaredError,
  softCrossEntropy,
  softmaxCrossEntropy,
  type Expression,
  type ExtraInput,
  type LossBuilder,
} from '#autodiff';
import type { TrainOptions } from '#contracts';
import type { Dataset } from '#datasets';
import { isReadAlike } from '#evaluation';
import type { HostTensor, HostTensors } from '#inference';
import { DataType, dimOf, ownName, type Graph, type Shapes } from '#onnx';
import { classLabels } from './batches/labels.js';
import { logitsBehind } from './logits-behind.js';
import type { Objective } from './objective.js';
import { TrainingError } from './errors.js';

/** Inputs of the step that hold the labels of a batch: class numbers, or rows of numbers. */
const CLASSES = ownName('train:classes');
export const TARGETS = ownName('train:targets');

export interface LabelObjectiveRequest {
  graph: Graph;
  shapes: Shapes;
  data: Pick<Dataset, 'classes' | 'targetDims'>;
  options: TrainOptions;
}

/**
 * To be right about the labels. Throws TrainingError when the data set has none of the kind, or no output fits them.
 */
export function labelObjective(request: LabelObjectiveRequest): Objective {
  return request.options.loss === 'mse' ? regression(request) : classification(request);
}

/** Cross-entropy of logits; where mixup blends labels, with the blend. */
function classification({ graph, shapes, data, options }: LabelObjectiveRequest): Objective {
  const { classes } = data;
  if (classes === null)
    throw new TrainingError(
      'crossEntropy needs labels with classes, which the data set does not have: ' +
        'add them to its manifest, or choose loss mse for numbers',
    );
  const names = graph.outputs.map(({ name }) => name);
  const output = names.find((name) => isRow(shapes.get(name), classes));
  if (output === undefined)
    throw new TrainingError(
      `crossEntropy needs an output [batch, ${classes}], as many as the data set has classes; ` +
        `the model has ${describeOutputs(graph, shapes)}`,
    );
  const logits = logitsBehind(graph, output);
  const dims = shapes.get(logits) as [number, number];
  if (options.augment.mixup > 0) {
    const loss = (l: LossBuilder) => softCrossEntropy(l, l.value(logits), l.given(TARGETS));
    const rows = { name: TARGETS, dims, type: DataType.FLOAT };
    return objective(logits, rows, loss, ({ targets }) => ({ [TARGETS]: targets[TARGETS]! }));
  }
  const loss = (l: LossBuilder) => softmaxCrossEntropy(l, l.value(logits), l.given(CLASSES), options.labelSmoothing);
  const places = { name: CLASSES, dims: [dims[0]], type: DataType.INT64 };
  return objective(logits, places, loss, ({ labels }) => ({ [CLASSES]: classLabels(labels!) }));
}

function regression({ graph, shapes, data }: LabelObjectiveRequest): Objective {
  const { targetDims } = data;
  if (targetDims === null)
    throw new TrainingError(
      'mse needs labels that are numbers: leave classes out of the labels in the manifest of the data set',
    );
  const names = graph.outputs.map(({ name }) => name);
  const isAlike = (dims: readonly number[] | undefined) => dims && isReadAlike(dims.slice(1), targetDims);
  const output = names.find((name) => isAlike(shapes.get(name)));
  if (output === undefined)
    throw new TrainingError(
      `mse needs an output [batch, ${targetDims}], shaped as the labels; ` +
        `the model has ${describeOutputs(graph, shapes)}`,
    );
  const dims = shapes.get(output)!;
  const rows = { name: TARGETS, dims, type: DataType.FLOAT };
  const loss = (l: LossBuilder) => meanSquaredError(l.value(output), l.given(TARGETS));
  const shaped = ({ [TARGETS]: tensor }: HostTensors): HostTensor => ({
    ...tensor!,
    dims: [dimOf(tensor!.dims, 0), ...dims.slice(1)],
  });
  return objective(output, rows, loss, ({ targets }) => ({ [TARGETS]: shaped(targets) }));
}

function objective(
  output: string,
  input: ExtraInput,
  loss: (l: LossBuilder) => Expression,
  feeds: Objective['feeds'],
): Objective {
  const write = (l: LossBuilder) => lossOf(loss(l));
  return { outputs: [output], extraInputs: [input], write, feeds };
}

function isRow(dims: readonly number[] | undefined, classes: number): boolean {
  return dims?.length === 2 && dims[1] === classes;
}

function describeOutputs(graph: Graph, shapes: Shapes): string {
  return graph.outputs.map(({ name }) => `"${name}" [${shapes.get(name)}]`).join(', ');
}
