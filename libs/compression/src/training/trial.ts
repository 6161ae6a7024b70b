import { AutodiffError, buildGradientStep } from '#autodiff';
import { InferenceError, type HostTensor, type HostTensors } from '#inference';
import { DataType, valueDims, type Graph, type ModelProto, type Shapes } from '#onnx';
import { CompressionError } from '../errors.js';
import { observeGraph } from '../rewrites/observe-graph.js';
import { DivergedError } from './errors.js';
import { repeated } from './batches/rows.js';
import { observeTrainingShapes } from './observe.js';
import { reachable } from './form/reachable.js';
import type { Objective } from './objective.js';
import type { TrainingForm } from './form/trainable.js';
import { Trainer } from './trainer.js';
import { sgd } from './update/optimizer.js';

/** Samples of the trial's batch: two, so that what holds for one alone is found out. */
const SAMPLES = 2;

/** An objective and the shapes that it goes by. */
export interface Learning {
  objective: Objective;
  shapes: Shapes;
}

export interface TrialRequest {
  model: ModelProto;
  /** Its training form, batch freed where it can be. */
  form: TrainingForm;
  /** What it is to learn, told from one batch, and the shapes with those of what the objective adds to the form. */
  objectiveOn(shapes: Shapes, inputs: HostTensors): Learning | Promise<Learning>;
}

/**
 * Why a model cannot take the steps of its training, from one on generated samples; null where it can, and where no
 * generated sample runs through it, so that nothing is known.
 */
export async function trialProblem({ model, form, objectiveOn }: TrialRequest): Promise<string | null> {
  const inputs = await generated(model, form.graph);
  if (inputs === null) return null;
  let shapes: Shapes;
  try {
    shapes = await observeTrainingShapes(form.graph, inputs, { quiet: true });
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    return (
      `it runs on one sample and not on ${SAMPLES} at a time, whatever its inputs declare: ` +
      `export it with a dynamic batch, or with a batch of 1 in its inputs (${error.message})`
    );
  }
  try {
    await step(form, await objectiveOn(shapes, inputs), inputs);
    return null;
  } catch (error) {
    if (error instanceof DivergedError) return null;
    if (error instanceof InferenceError)
      return (
        'the step that trains it does not run: ' + `freeze the weights before the node that is named (${error.message})`
      );
    if (error instanceof AutodiffError || error instanceof CompressionError) return error.message;
    throw error;
  }
}

async function step(
  form: TrainingForm,
  { objective: { outputs, extraInputs, write: loss }, shapes }: Learning,
  inputs: HostTensors,
): Promise<void> {
  const trainables = reachable(form, outputs, shapes);
  const parameters = trainables.map(({ name }) => name);
  const { graph } = form;
  const made = buildGradientStep({ graph, shapes, parameters, extraInputs, loss });
  const weights = made.layout.pack(new Map(trainables.map(({ name, values }) => [name, values])));
  const trainer = await Trainer.create(made, { weights, optimizer: sgd() }, 1);
  try {
    const zeros = extraInputs.map(({ name, dims, type }): [string, HostTensor] => [name, zeroTensor(dims, type)]);
    await trainer.run({ ...inputs, ...Object.fromEntries(zeros) }, 0);
  } finally {
    await trainer.release();
  }
}

/**
 * Samples that the model runs on, more than one where its form takes them; null where none is found or an input holds
 * none.
 */
async function generated(model: ModelProto, { inputs }: Graph): Promise<HostTensors | null> {
  try {
    const { feeds } = await observeGraph(model);
    if (Object.values(feeds).some(({ dims }) => dims.length === 0)) return null;
    const isFixed = (name: string) => {
      const declared = inputs.find((input) => input.name === name);
      return typeof valueDims(declared!)?.[0] === 'number';
    };
    const fitted = (name: string, tensor: HostTensor) => (isFixed(name) ? tensor : repeated(tensor, SAMPLES));
    const entries = Object.entries(feeds).map(([name, tensor]) => [name, fitted(name, tensor)]);
    return Object.fromEntries(entries);
  } catch (error) {
    if (error instanceof CompressionError || error instanceof InferenceError) return null;
    throw error;
  }
}

function zeroTensor(dims: readonly number[], type: DataType): HostTensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return type === DataType.INT64
    ? { type: 'int64', dims, data: new BigInt64Array(count) }
    : { type: 'float32', dims, data: new Float32Array(count) };
}
