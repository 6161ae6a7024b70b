import type { Skipped } from '#contracts';
import type { Graph, TensorProto } from '#onnx';
import type { Reading } from './weight-roles.js';

/** Values of the trained tensors, by name in the training graph. */
export type Trained = ReadonlyMap<string, Float32Array>;

/** A weight under training: floats in the training graph, whatever its storage in the model. */
export interface Trainable {
  /** Name of the float initializer in the training graph. */
  name: string;
  dims: number[];
  values: Float32Array;
  /** Bits of one stored element. */
  bits: number;
  /** Whether weight decay makes sense, and zeros may be sparsity: false for biases, scales of norms, positions. */
  isMatrix: boolean;
  /** Where the model reads it; empty for what serves the training alone. */
  readings: readonly Reading[];
  /**
   * The floats of a tensor as this weight lays them out, where its integers were rounded from them, else null; absent
   * for a weight stored as it is trained.
   */
  roundedFrom?(original: TensorProto): Float32Array | null;
  /** Whether it begins at the floats that it was rounded from. */
  isFromFloats?: true;
  /**
   * The trained values in the model's own storage, which may depend on other values `trained`; nothing for a weight
   * that serves the training alone.
   */
  stored(values: Float32Array, trained: Trained): readonly TensorProto[];
}

/** A model in the form that is trained. */
export interface TrainingForm {
  graph: Graph;
  trainables: Trainable[];
  skipped: Skipped[];
  /** Samples that the file takes at once where it fixes them, whatever the form takes. */
  fileBatch: number | null;
  /** Names of `freeze` and `thaw` that speak of nothing in the model, by option. */
  unknown: readonly UnknownName[];
}

/** A name or pattern that fits no tensor and no node. */
export interface UnknownName {
  option: 'freeze' | 'thaw';
  pattern: string;
  /** All that it could have meant. */
  names: readonly string[];
}
