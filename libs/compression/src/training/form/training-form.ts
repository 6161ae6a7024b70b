import type { Skipped } from '#contracts';
import { isSameEveryRun, type Graph, type NodeProto } from '#onnx';
import { poolBeforeRelu } from '../../rewrites/pool-before-relu.js';
import { dropoutsLeft } from './dropped.js';
import { fixedBatch } from '../batches/flexible-batch.js';
import { NAMED, floatWeights } from './float-weights.js';
import { namedTensors } from '../batches/named-tensors.js';
import { FakeQuantizedWeights } from './fake-quantized-weights.js';
import { storedName } from './shadow-name.js';
import { Scales } from './scales.js';
import type { Trainable, TrainingForm, UnknownName } from './trainable.js';

/** How a model is brought into its training form. */
export interface TrainingFormOptions {
  /**
   * Train the scales of quantized weights and activations with the weights (LSQ); off by default: grids stay as they
   * are.
   */
  learnScales?: boolean;
  /** Weights, by tensor or node, that stay as they are. */
  freeze?: readonly string[];
  /** Weights that are trained although they look like constants of the architecture. */
  thaw?: readonly string[];
}

/**
 * Turns a copy of the model into its training form:
 *
 *     int W -> [Cast] -> DequantizeLinear -> Y                becomes  float W' -> FakeQuantize -> Y
 *     Gather(int codebook, indices) -> DequantizeLinear -> Y  becomes  Gather(FakeQuantize(codebook'), indices) · scale -> Y
 *     Gather(int table, ids) -> DequantizeLinear -> Y         becomes  Gather(table', ids) -> FakeQuantize -> Y
 *     Gather(int table, ids) · Gather(scales, ids) -> Y       becomes  Gather(table', ids) -> FakeQuantize -> Y
 *     X -> QuantizeLinear -> DequantizeLinear -> Y            becomes  X -> FakeQuantize -> Y
 *     int W -> Cast -> Mul(scale) -> Y                        becomes  float W' -> FakeQuantize -> Y
 *     MatMulNBits(X, blocks, scales) -> Y                     becomes  MatMul(X, FakeQuantize(W')^T) -> Y
 *
 * so that zeros, grids and the model's file survive training; W is rounded per tensor, channel or block. With
 * `learnScales` each scale is s₀ · exp t, a trainable
 * like any other: training it is quantization-aware training with learned steps; `stored` then gives the scales back
 * with the integers. `graph` is changed in place.
 */
export function trainingForm(
  graph: Graph,
  { learnScales = false, freeze = [], thaw = [] }: TrainingFormOptions = {},
): TrainingForm {
  const skipped: Skipped[] = [];
  const fileBatch = fixedBatch(graph);
  const [frozen, thawed] = [namedTensors(graph, freeze), namedTensors(graph, thaw)];
  // Before constants of the form's own stand beside the weights.
  const floats = floatWeights(graph, { frozen: frozen.tensors, thawed: thawed.tensors });
  const scales = new Scales(graph, learnScales, frozen.tensors);
  const quantized = new FakeQuantizedWeights(graph, scales);
  for (const node of quantized.candidates) {
    if (!quantized.convert(node) && holdsIntegers(graph, node)) {
      skipped.push({
        node: node.name || node.output[0]!,
        opType: node.opType,
        reason: 'how its integers are stored cannot be trained: it stays as it is',
      });
    }
  }
  graph.removeDeadCode();
  // Clamping after the pooling has fewer elements to clamp, forward and back.
  for (const node of [...graph.nodes]) if (node.opType === 'Conv') poolBeforeRelu(graph, node);
  const isFrozen = ({ name }: Trainable) => frozen.tensors.has(storedName(name));
  const converted = quantized.trainables.filter((trainable) => !isFrozen(trainable));
  for (const { name } of quantized.trainables.filter(isFrozen))
    skipped.push({ node: storedName(name), opType: 'DequantizeLinear', reason: NAMED });
  const alive = floats.trainables.filter(({ name }) => graph.initializer(name));
  const unknown = [
    ...frozen.unknown.map((pattern): UnknownName => ({ option: 'freeze', pattern, names: frozen.names })),
    ...thawed.unknown.map((pattern): UnknownName => ({ option: 'thaw', pattern, names: thawed.names })),
  ];
  return {
    graph,
    trainables: [...converted, ...scales.trainables, ...alive],
    skipped: [...skipped, ...floats.left, ...dropoutsLeft(graph)],
    fileBatch,
    unknown,
  };
}

/** Whether a node that was not converted makes floats of what is stored, and not of activations. */
function holdsIntegers(graph: Graph, node: NodeProto): boolean {
  return node.opType !== 'DequantizeLinear' || isSameEveryRun(graph, node.input[0]!) || isLookedUp(graph, node);
}

/** Whether a node makes floats of rows of a stored table. */
function isLookedUp(graph: Graph, { input }: NodeProto): boolean {
  const gather = graph.producer(input[0] ?? '');
  return gather?.opType === 'Gather' && graph.initializer(gather.input[0]!) !== undefined;
}
