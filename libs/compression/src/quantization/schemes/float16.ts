import type { Skipped } from '#contracts';
import { decibels, POOR_SNR_DB } from '#evaluation';
import {
  DataType,
  floatToHalf,
  halfToFloat,
  makeNode,
  makeTensor,
  tensorData,
  tensorDims,
  tensorToFloats,
  type Graph,
  type TensorProto,
} from '#onnx';
import { channelLayout, forEachChannelRun, snrDb, type ChannelLayout } from '../grid/arithmetic.js';
import type { StoredTensor } from '../report.js';
import type { Scheme } from './scheme.js';

/** Tensors smaller than this stay float: a Cast node takes more bytes than it saves. */
const MIN_ELEMENTS = 64;

/**
 * Below this a tensor is not stored: half precision keeps 73 dB of what it holds, but nothing below 6e-8, and few
 * digits below 6e-5.
 */
const LEAST_SNR_DB = 40;

/** Half precision: a matter of tensors, whose storage decides and not the operator that reads them. */
export const float16Scheme: Scheme = {
  select: null,

  async apply({ graph, skipped }) {
    const stored = storeFloat16(graph);
    return { layers: [], tensors: stored.tensors, skipped: [...skipped, ...stored.skipped] };
  },
};

/**
 * Stores float initializers in half precision; the runtime folds the Cast when it loads the file, so speed is
 * unchanged.
 *
 *     W (FLOAT) -> op   becomes   W_float16 (FLOAT16) -> Cast(FLOAT) -> op
 */
export function storeFloat16(graph: Graph): { tensors: StoredTensor[]; skipped: Skipped[] } {
  const tensors: StoredTensor[] = [];
  const skipped: Skipped[] = [];
  for (const tensor of [...graph.proto.initializer]) {
    if (tensor.dataType !== DataType.FLOAT) continue;
    const values = tensorToFloats(tensor);
    const halves = Uint16Array.from(values, floatToHalf);
    const refusal = refusalOf(graph, tensor, values, Float32Array.from(halves, halfToFloat));
    if (refusal) skipped.push({ node: tensor.name, reason: refusal });
    else tensors.push(store(graph, tensor, values, halves));
  }
  return { tensors, skipped };
}

/**
 * Stores the tensors that are still what a file had in float16 in it again; the runtime makes floats of them when it
 * loads the file.
 */
export function storeHalvesAgain(graph: Graph, halves: ReadonlyMap<string, TensorProto>): void {
  for (const [name, half] of halves) {
    const tensor = graph.initializer(name);
    if (tensor?.dataType !== DataType.FLOAT) continue;
    const [values, before] = [tensorToFloats(tensor), tensorToFloats(half)];
    const isSame = values.length === before.length && values.every((value, i) => Object.is(value, before[i]));
    if (isSame && placeRefusal(graph, tensor, values.length) === null) castFromHalf(graph, tensor, half);
  }
}

/** Why a tensor stays float where it stands, whatever it holds. */
function placeRefusal(graph: Graph, tensor: TensorProto, elements: number): string | null {
  if (elements < MIN_ELEMENTS) return `${elements} elements: the Cast would take more bytes than it saves`;
  if (graph.isOutput(tensor.name)) return 'it is an output of the graph';
  if (isQuantizationParameter(graph, tensor.name)) return 'it is a scale of a quantized value';
  if (graph.consumers(tensor.name).some(({ index }) => index < 0)) return 'the body of an If or Loop reads it';
  return null;
}

function refusalOf(graph: Graph, tensor: TensorProto, values: Float32Array, stored: Float32Array): string | null {
  const refusal = placeRefusal(graph, tensor, values.length);
  if (refusal) return refusal;
  if (stored.some((value, i) => !Number.isFinite(value) && Number.isFinite(values[i])))
    return 'it holds values beyond ±65504, the largest of float16';
  const snr = snrDb(values, stored);
  return typeof snr === 'number' && snr < LEAST_SNR_DB
    ? 'its values underflow: float16 holds nothing below 6e-8 and few digits below 6e-5, and would keep ' +
        `${snr.toFixed(1)} dB of them`
    : null;
}

/** The slice along the first or the last axis that keeps the least, where it is poor. */
function poorSlice(dims: readonly number[], values: Float32Array, stored: Float32Array): StoredTensor['poorSlice'] {
  const axes = dims.length < 2 ? [] : [0, dims.length - 1];
  const slices = axes.flatMap((axis) =>
    sliceSnrs(channelLayout(dims, axis), values, stored).map((slice, index) => ({
      axis,
      index,
      snrDb: slice ?? Infinity,
    })),
  );
  const [worst] = slices.toSorted((a, b) => a.snrDb - b.snrDb);
  return worst && worst.snrDb < POOR_SNR_DB ? worst : undefined;
}

function sliceSnrs(layout: ChannelLayout, values: Float32Array, stored: Float32Array): (number | null | undefined)[] {
  const [signal, noise] = [new Float64Array(layout.channels), new Float64Array(layout.channels)];
  forEachChannelRun(layout, (channel, start, end) => {
    for (let i = start; i < end; i++) {
      if (!Number.isFinite(values[i])) continue;
      signal[channel]! += values[i]! ** 2;
      noise[channel]! += (values[i]! - stored[i]!) ** 2;
    }
  });
  return Array.from(signal, (sum, channel) => decibels(sum, noise[channel]!));
}

function isQuantizationParameter(graph: Graph, name: string): boolean {
  return graph
    .consumers(name)
    .some(({ node, index }) => index === 1 && (node.opType === 'DequantizeLinear' || node.opType === 'QuantizeLinear'));
}

function castFromHalf(graph: Graph, { name, dims }: TensorProto, content: TensorProto): void {
  const halves = tensorData(content);
  const half = graph.addInitializer(
    makeTensor(graph.freshName(`${name}_float16`), DataType.FLOAT16, dims.map(Number), halves),
  );
  graph.removeInitializer(name);
  const first = graph.nodes[0];
  graph.addNode(
    makeNode('Cast', [half.name], [name], { to: DataType.FLOAT }, { name: graph.freshName(`${name}_Cast`) }),
    first ? { before: first } : {},
  );
}

function store(graph: Graph, tensor: TensorProto, values: Float32Array, halves: Uint16Array): StoredTensor {
  const { name } = tensor;
  castFromHalf(graph, tensor, makeTensor(name, DataType.FLOAT16, tensorDims(tensor), halves));
  const stored = Float32Array.from(halves, halfToFloat);
  const poor = poorSlice(tensorDims(tensor), values, stored);
  return { tensor: name, bits: 16, weightSnrDb: snrDb(values, stored), ...(poor ? { poorSlice: poor } : {}) };
}
