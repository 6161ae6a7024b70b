import { changed, DataType, elementCount, type Graph, type TensorProto } from '#onnx';

/**
 * Inputs that hold a number per channel, by operator: exporters make one tensor of all that are equal, as biases of
 * zero and gains of one are.
 */
const VECTORS: Readonly<Record<string, readonly number[]>> = {
  Conv: [2],
  ConvTranspose: [2],
  Gemm: [2],
  Add: [0, 1],
  LayerNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  BatchNormalization: [1, 2, 3, 4],
};

/** Elements up to which a copy costs nothing worth counting. */
const MAX_ELEMENTS = 2 ** 14;

/**
 * Gives every node vectors of its own, so that one can be changed and the others stay; weights of two and more axes
 * stay shared.
 */
export function ownVectors(graph: Graph): void {
  for (const tensor of [...graph.proto.initializer]) {
    if (!isVector(tensor) || graph.isOutput(tensor.name)) continue;
    const readers = graph.consumers(tensor.name);
    const [, ...others] = readers.filter(({ node, index }) => VECTORS[node.opType]?.includes(index));
    for (const { node, index } of others) {
      const copy = changed(tensor, { name: graph.freshName(tensor.name) });
      graph.setInput(node, index, graph.addInitializer(copy).name);
    }
  }
}

function isVector({ dataType, dims }: TensorProto): boolean {
  const sizes = dims.map(Number);
  const isLine = sizes.filter((size) => size > 1).length <= 1;
  return dataType === DataType.FLOAT && isLine && elementCount(sizes) <= MAX_ELEMENTS;
}
