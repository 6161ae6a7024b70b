import { leftAlone } from '../../left-alone.js';
import type { Skipped } from '#contracts';
import {
  nodeLabel,
  floatAttribute,
  floatTensor,
  tensorDims,
  tensorToFloats,
  type Graph,
  type NodeProto,
  outputOf,
} from '#onnx';
import type { Layer } from '../layers/layers.js';
import type { InputMoments } from '../calibration/moments.js';
import { shortName } from '../emit/short-name.js';

/**
 * Moves biases by what rounding the weights takes from each layer's mean output, (W − Ŵ) E[x] (Nagel et al. 2019,
 * section 4.2), and keeps account of the layers that have no place for it.
 */
export class BiasCorrection {
  readonly skipped: Skipped[] = [];

  constructor(
    private readonly graph: Graph,
    /** By node label; null corrects nothing. */
    private readonly moments: ReadonlyMap<string, InputMoments> | null,
  ) {}

  /**
   * Corrects a layer whose weights `values` are stored as `stored`, both with output channels on `axis`; returns it
   * with its bias.
   */
  correct(layer: Layer, values: Float32Array, stored: Float32Array, axis = layer.axis): Layer {
    if (!this.moments) return layer;
    const { node } = layer;
    const moments = this.moments.get(nodeLabel(node));
    const reason = moments
      ? addToBias(this.graph, node, outputShift(values, stored, axis, moments))
      : 'the mean of its inputs is not taken, for its activation is transposed';
    if (reason !== null) this.leave(layer, reason);
    return { ...layer, bias: node.opType === 'MatMul' ? null : node.input[2] || null };
  }

  /** Notes that a layer stays without correction. */
  leave({ node }: Layer, reason: string): void {
    if (this.moments) this.skipped.push(leftAlone(node, `its bias is not corrected: ${reason}`));
  }
}

/** Mean of (W − Ŵ) x for each output channel; with groups, those of a group read its own components. */
export function outputShift(
  values: Float32Array,
  stored: Float32Array,
  axis: number,
  { mean, size, groups }: InputMoments,
): Float32Array {
  const outputs = values.length / size;
  const shift = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const from = Math.floor((output * groups) / outputs) * size;
    for (let i = 0; i < size; i++) {
      const at = axis === 0 ? output * size + i : i * outputs + output;
      shift[output]! += (values[at]! - stored[at]!) * mean[from + i]!;
    }
  }
  return shift;
}

/**
 * Adds the shift to the node's bias, or to the constant that an Add behind it adds, in a tensor of its own; a text says
 * why it cannot.
 */
function addToBias(graph: Graph, node: NodeProto, shift: Float32Array): string | null {
  const isGemm = node.opType === 'Gemm';
  const output = outputOf(node);
  if (node.opType === 'Conv' || (isGemm && node.input[2]))
    return shiftConstant(
      graph,
      node,
      2,
      isGemm ? shift.map((value) => value * floatAttribute(node, 'alpha', 1)) : shift,
    );
  const [use, ...others] = graph.consumers(output);
  if (use?.node.opType !== 'Add' || others.length > 0 || graph.isOutput(output))
    return 'it has none, and no Add of a constant follows';
  const scale = isGemm ? floatAttribute(node, 'alpha', 1) : 1;
  const scaled = shift.map((value) => value * scale);
  return shiftConstant(graph, use.node, 1 - use.index, scaled);
}

function shiftConstant(graph: Graph, node: NodeProto, index: number, shift: Float32Array): string | null {
  const name = node.input[index] ?? '';
  const bias = name ? graph.initializer(name) : undefined;
  if (name && !bias) return 'what is added is computed';
  const dims = bias ? tensorDims(bias) : [shift.length];
  if (dims.at(-1) !== shift.length || dims.reduce((product, dim) => product * dim, 1) !== shift.length)
    return 'it is not one value per output channel';
  const corrected = bias ? tensorToFloats(bias).map((value, i) => value + shift[i]!) : shift;
  graph.setInput(node, index, graph.addInitializer(floatTensor(shortName(graph), dims, corrected)).name);
  return null;
}
