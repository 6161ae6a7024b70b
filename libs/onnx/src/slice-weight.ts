import { dimOf, inputOf } from './accessors.js';
import { constantTensor, setConstantTensor } from './constants.js';
import { GraphError } from './errors.js';
import type { Graph } from './graph.js';
import type { TensorProto } from './proto.js';
import { elementCount, makeTensor, tensorData, tensorDims } from './tensor.js';
import type { TensorData } from './data-type.js';
import { weightStorage, type Dequantizer } from './weight-storage.js';

/**
 * Keeps the given indices along one axis of a weight. Works on the stored entries, so that quantized weights are not
 * rounded again; their scales and zero points follow, copied first where other weights share them. Throws GraphError
 * when the value is not a weight, or when a block-wise scale would be torn.
 */
export function sliceWeight(graph: Graph, value: string, axis: number, keep: readonly number[]): void {
  const shape = weightStorage(graph, value);
  if (!shape)
    throw new GraphError(`value "${value}" is not a weight: neither a constant of floats nor a dequantized constant`);
  const { storage, dims } = shape;
  const at = axis < 0 ? axis + dims.length : axis;
  if (storage.kind !== 'float' && storage.dequantizer) sliceScales(graph, storage.dequantizer, dims, at, keep);
  setConstantTensor(graph, storage.stored, sliceTensor(constantTensor(graph, storage.stored)!, at, keep));
}

const MIN_VIEW = 64;

/** A tensor with only the given indices along one axis, in that order. */
export function sliceTensor(tensor: TensorProto, axis: number, keep: readonly number[]): TensorProto {
  const dims = tensorDims(tensor);
  const along = dims[axis];
  if (along === undefined) throw new GraphError(`tensor "${tensor.name}" of shape [${dims}] has no axis ${axis}`);
  const outside = keep.find((index) => index < 0 || index >= along);
  if (outside !== undefined)
    throw new GraphError(`index ${outside} is outside axis ${axis} of tensor "${tensor.name}", which has ${along}`);
  const data = tensorData(tensor);
  const inner = elementCount(dims.slice(axis + 1));
  const outer = elementCount(dims.slice(0, axis));
  const kept = new (data.constructor as new (length: number) => TensorData)(outer * keep.length * inner);
  let target = 0;
  for (let block = 0; block < outer; block++) {
    for (const index of keep) {
      const start = (block * along + index) * inner;
      // A view costs as much as copying some dozens of elements.
      if (inner > MIN_VIEW) kept.set(data.subarray(start, start + inner) as never, target);
      else for (let i = 0; i < inner; i++) kept[target + i] = data[start + i]!;
      target += inner;
    }
  }
  const keptDims = dims.map((dim, i) => (i === axis ? keep.length : dim));
  return makeTensor(tensor.name, tensor.dataType, keptDims, kept);
}

function sliceScales(
  graph: Graph,
  dequantizer: Dequantizer,
  dims: readonly number[],
  axis: number,
  keep: readonly number[],
): void {
  const { axis: along, blockSize } = dequantizer;
  if (along === null || (blockSize === 0 && along !== axis)) return;
  const blocks = blockSize > 0 && along === axis ? wholeBlocks(dequantizer, dimOf(dims, axis), keep) : keep;
  const position = blockSize > 0 ? axis : dequantizer.scaleAxis;
  sliceOwnInput(graph, dequantizer, dequantizer.scaleIndex, position, blocks);
  if (dequantizer.zeroPoint) sliceOwnInput(graph, dequantizer, 2, position, blocks);
}

/** Slices a constant input of the dequantizing node, on a copy when anyone else reads it. */
function sliceOwnInput(
  graph: Graph,
  { node }: Dequantizer,
  input: number,
  axis: number,
  keep: readonly number[],
): void {
  const value = inputOf(node, input);
  const sliced = sliceTensor(constantTensor(graph, value)!, axis, keep);
  if (graph.consumers(value).length === 1 && !graph.isOutput(value)) {
    setConstantTensor(graph, value, sliced);
    return;
  }
  sliced.name = graph.freshName(value);
  graph.addInitializer(sliced);
  graph.setInput(node, input, sliced.name);
}

function wholeBlocks({ node, blockSize }: Dequantizer, along: number, keep: readonly number[]): number[] {
  const blocks = [...new Set(keep.map((index) => Math.floor(index / blockSize)))];
  const expected = blocks.flatMap((block) =>
    Array.from({ length: Math.min(blockSize, along - block * blockSize) }, (_, i) => block * blockSize + i),
  );
  if (expected.length !== keep.length || expected.some((index, i) => index !== keep[i])) {
    throw new GraphError(
      `node "${node.name || node.opType}" scales blocks of ${blockSize}: only whole blocks can be removed ` +
        'along that axis',
    );
  }
  return blocks;
}
