import { BUILDER_OPSET, Graph, cloneModel, liftOpset, type ModelProto } from '#onnx';
import { liftConstants } from '../../rewrites/constants.js';
import { spellCasts } from '../../rewrites/spell-casts.js';
import { fixedBatch, freeBatch } from '../batches/flexible-batch.js';
import type { TrainingForm } from './trainable.js';
import { trainingForm, type TrainingFormOptions } from './training-form.js';
import { untieMerged } from './untie.js';

/** The training form of a copy of the model, in the opset that gradients are written in. */
export function copiedForm(model: ModelProto, options: TrainingFormOptions = {}): TrainingForm {
  const { model: copy } = liftedCopy(model);
  untieMerged(copy, options.freeze);
  return trainingForm(new Graph(copy), options);
}

/** The same in a form that takes batches of any size, where that is proven; where not, of the file's own. */
export async function freedForm(model: ModelProto, options: TrainingFormOptions = {}): Promise<TrainingForm> {
  const { model: copy } = await freedCopy(model);
  untieMerged(copy, options.freeze);
  return { ...trainingForm(new Graph(copy), options), fileBatch: fixedBatch(new Graph(model)) };
}

/** A copy as {@link liftedCopy} makes it, which takes batches of any size where that is proven. */
export async function freedCopy(model: ModelProto): Promise<Graph> {
  const { model: copy } = liftedCopy(model);
  await freeBatch(copy);
  return new Graph(copy);
}

/** A copy in the builder's opset at least, its constants in sight. */
export function liftedCopy(model: ModelProto): Graph {
  const copy = cloneModel(model);
  liftOpset(copy, BUILDER_OPSET);
  const graph = new Graph(copy);
  liftConstants(graph);
  spellCasts(graph);
  return graph;
}
