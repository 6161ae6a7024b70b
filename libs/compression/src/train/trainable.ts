import type { Skipped } from '#contracts';
import { DataType, Graph, dataTypeBits, floatTensor, tensorDims, tensorToFloats, type TensorProto } from '#onnx';
import { poolBeforeRelu } from '../prepare/pool-before-relu.js';
import { Release } from './release.js';
import { Scales, type Trained } from './scales.js';

/** A weight under training: floats in the training graph, whatever its storage in the model. */
export interface Trainable {
  /** Name of the float initializer in the training graph. */
  name: string;
  dims: number[];
  values: Float32Array;
  /** Bits of one stored element. */
  bits: number;
  /** Whether weight decay makes sense: false for biases and scales of norms. */
  isMatrix: boolean;
  /** The trained values in the model's own storage, which may depend on other values `trained`; nothing for a weight that serves the training alone. */
  stored(values: Float32Array, trained: Trained): readonly TensorProto[];
}

/** A model in the form that is trained. */
export interface TrainingForm {
  graph: Graph;
  trainables: Trainable[];
  skipped: Skipped[];
}

/** Input positions at which an operator reads something that is learned. */
const PARAMETER_INPUTS: Record<string, readonly number[]> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [0, 1, 2],
  MatMul: [0, 1],
  Add: [0, 1],
  Sub: [0, 1],
  Mul: [0, 1],
  PRelu: [1],
  Gather: [0],
  BatchNormalization: [1, 2],
  LayerNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  GroupNormalization: [1, 2],
};

/** How a model is brought into its training form. */
export interface TrainingFormOptions {
  /** Train the scales of quantized weights and activations with the weights (LSQ); off by default: grids stay as they are. */
  learnScales?: boolean;
}

/**
 * Turns a copy of the model into its training form:
 *
 *     int W -> [Cast] -> DequantizeLinear -> Y                    becomes   float W' -> FakeQuantize -> Y            per tensor, channel or block
 *     Gather(int codebook, indices) -> DequantizeLinear -> Y      becomes   Gather(FakeQuantize(codebook'), indices) · scale -> Y
 *     X -> QuantizeLinear -> DequantizeLinear -> Y                becomes   X -> FakeQuantize -> Y
 *
 * so that zeros, grids and the model's file survive training. With `learnScales` each scale is s₀ · exp t, a trainable like any other:
 * training it is quantization-aware training with learned steps; `stored` then gives the scales back with the integers. `graph` is
 * changed in place.
 */
export function trainingForm(graph: Graph, { learnScales = false }: TrainingFormOptions = {}): TrainingForm {
  const skipped: Skipped[] = [];
  // Before constants of the form's own stand beside the weights.
  const floats = floatTrainables(graph);
  const scales = new Scales(graph, learnScales);
  const release = new Release(graph, scales);
  for (const node of [...graph.nodes].filter(({ opType }) => opType === 'DequantizeLinear')) {
    if (!release.release(node) && isConstant(graph, node.input[0]!)) {
      skipped.push({ node: node.name || node.output[0]!, opType: node.opType, reason: 'how its integers are stored cannot be trained: it stays as it is' });
    }
  }
  graph.removeDeadCode();
  // Clamping after the pooling has fewer elements to clamp, forward and back.
  for (const node of [...graph.nodes]) if (node.opType === 'Conv') poolBeforeRelu(graph, node);
  const alive = floats.filter(({ name }) => graph.initializer(name));
  return { graph, trainables: [...release.trainables, ...scales.trainables, ...alive], skipped };
}

function isConstant(graph: Graph, value: string): boolean {
  const producer = graph.producer(value);
  return producer ? producer.input.every((input) => input === '' || isConstant(graph, input)) : !graph.isInput(value);
}

function floatTrainables(graph: Graph): Trainable[] {
  const names = new Set(graph.nodes.flatMap((node) => (PARAMETER_INPUTS[node.opType] ?? []).map((index) => node.input[index] ?? '')));
  return graph.proto.initializer.flatMap((tensor): Trainable[] => {
    const dims = tensorDims(tensor);
    const size = dims.reduce((product, dim) => product * dim, 1);
    // A single number beside Add or Mul is arithmetic (a half, an epsilon), not a weight.
    if (!names.has(tensor.name) || tensor.dataType !== DataType.FLOAT || dims.length === 0 || size <= 1) return [];
    if (graph.isOutput(tensor.name)) return [];
    return [{ name: tensor.name, dims, values: tensorToFloats(tensor), bits: dataTypeBits(tensor.dataType) ?? 32, isMatrix: dims.length > 1, stored: (values) => [floatTensor(tensor.name, dims, values)] }];
  });
}
