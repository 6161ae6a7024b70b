import { Graph, cloneModel, tensorDims, tensorToFloats, type ModelProto } from '#onnx';
import { liftConstants } from '../../rewrites/constants.js';
import { storedName } from './shadow-name.js';
import type { Trainable, TrainingForm } from './trainable.js';

/** Widths at which it matters: a step of training is small beside the distance of two levels. */
const COARSE_BITS = 2;

/** What the quantizer calls the integers of a weight. */
const QUANTIZED = '_quantized';

/**
 * The form with the weights of coarse grids at the floats of `original` that they were rounded from, where name and shape
 * fit and every integer is the nearest: the function is the same, and a weight near the edge of its level is near it
 * still. With `keepZeros` zeros stay. `original` is asked for only where there are such grids.
 */
export function startFromFloats(form: TrainingForm, original: () => ModelProto, keepZeros: boolean): TrainingForm {
  if (!form.trainables.some(isCoarse)) return form;
  const graph = new Graph(cloneModel(original()));
  liftConstants(graph);
  return { ...form, trainables: form.trainables.map((trainable) => started(trainable, graph, keepZeros)) };
}

function isCoarse({ bits, isRoundedFrom }: Trainable): boolean {
  return bits <= COARSE_BITS && isRoundedFrom !== undefined;
}

function started(trainable: Trainable, original: Graph, keepZeros: boolean): Trainable {
  const name = storedName(trainable.name);
  const tensor = name.endsWith(QUANTIZED) ? original.initializer(name.slice(0, -QUANTIZED.length)) : undefined;
  if (!tensor || !isCoarse(trainable) || tensorDims(tensor).join() !== trainable.dims.join()) return trainable;
  const floats = tensorToFloats(tensor);
  if (!trainable.isRoundedFrom?.(floats)) return trainable;
  const values = keepZeros ? floats.map((value, i) => (trainable.values[i] === 0 ? 0 : value)) : floats;
  return { ...trainable, values };
}
