import { BUILDER_OPSET, Graph, cloneModel, liftOpset, type ModelProto } from '#onnx';
import { liftConstants } from '../../rewrites/constants.js';
import { fuseDecomposed } from '../../rewrites/decomposed.js';
import { foldBatchNorm } from '../../rewrites/fold-batch-norm.js';
import { plainGemms } from '../../rewrites/plain-gemm.js';
import { storedName } from './shadow-name.js';
import type { Trainable, TrainingForm } from './trainable.js';

/** Widths at which it matters: a step of training is small beside the distance of two levels. */
const COARSE_BITS = 2;

/** What the quantizer calls the integers of a weight, per element or in blocks. */
const QUANTIZED = ['_quantized', '_blocks'] as const;

/**
 * The form with the weights of coarse grids at the floats of `original` that they were rounded from, where name and
 * shape fit and every integer is the nearest: the function is the same, and a weight near the edge of its level is near
 * it still. The floats are looked for as quantization has them, with normalizations folded. With `keepZeros` zeros
 * stay. `original` is asked for only where there are such grids.
 */
export function startFromFloats(form: TrainingForm, original: () => ModelProto, keepZeros: boolean): TrainingForm {
  if (!form.trainables.some(isCoarse)) return form;
  const graph = prepared(original());
  return { ...form, trainables: form.trainables.map((trainable) => started(trainable, graph, keepZeros)) };
}

/** The rewrites that give quantization its weights; the tensors of before stay beside them. */
function prepared(original: ModelProto): Graph {
  const model = cloneModel(original);
  liftOpset(model, BUILDER_OPSET);
  liftConstants(new Graph(model));
  fuseDecomposed(model);
  const graph = new Graph(model);
  foldBatchNorm(graph);
  plainGemms(graph);
  return graph;
}

function isCoarse({ bits, roundedFrom }: Trainable): boolean {
  return bits <= COARSE_BITS && roundedFrom !== undefined;
}

function started(trainable: Trainable, original: Graph, keepZeros: boolean): Trainable {
  const name = storedName(trainable.name);
  const suffix = QUANTIZED.find((end) => name.endsWith(end));
  const tensor = suffix && original.initializer(name.slice(0, -suffix.length));
  const floats = tensor && isCoarse(trainable) ? trainable.roundedFrom?.(tensor) : null;
  if (!floats) return trainable;
  const values = keepZeros ? floats.map((value, i) => (trainable.values[i] === 0 ? 0 : value)) : floats;
  return { ...trainable, values, isFromFloats: true };
}
