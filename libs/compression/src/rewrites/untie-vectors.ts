import { changed, DataType, elementCount, tensorDims, type Graph, type TensorProto } from '#onnx';

/** A vector that stands in for one that several nodes read. */
export interface UntiedCopy {
  copy: string;
  source: string;
}

const FLOATS: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE]);

/**
 * Gives each node a vector of its own where exporters merged equal ones, such as biases that are all zero or scales
 * that are all one:
 *
 *     Conv(X, W, b) -> Y, Conv(Y, V, b) -> Z   becomes   Conv(X, W, b) -> Y, Conv(Y, V, b') -> Z
 *
 * A weight of two dimensions or more stays shared: it is so by design. Constants must be initializers. Returns the
 * copies.
 */
export function untieVectors(graph: Graph): UntiedCopy[] {
  return [...graph.proto.initializer].filter(isVector).flatMap((tensor) => {
    const uses = graph.consumers(tensor.name).filter(({ index }) => index >= 0);
    const readers = [...new Set(uses.map(({ node }) => node))];
    return readers.slice(1).map((node): UntiedCopy => {
      const copy = graph.addInitializer(changed(tensor, { name: graph.freshName(`${tensor.name}_untied`) })).name;
      node.input.forEach((value, index) => value === tensor.name && graph.setInput(node, index, copy));
      return { copy, source: tensor.name };
    });
  });
}

/** Takes the copies back that are still what they were copied from. */
export function retieVectors(graph: Graph, untied: readonly UntiedCopy[]): void {
  for (const { copy, source } of untied) {
    const [own, shared] = [graph.initializer(copy), graph.initializer(source)];
    if (!own || !shared || !isSame(own, shared)) continue;
    graph.replaceUses(copy, source);
    graph.removeInitializer(copy);
  }
}

function isVector(tensor: TensorProto): boolean {
  const dims = tensorDims(tensor);
  return FLOATS.has(tensor.dataType) && elementCount(dims) > 1 && dims.filter((dim) => dim > 1).length === 1;
}

function isSame(a: TensorProto, b: TensorProto): boolean {
  const isAlike = a.dims.join() === b.dims.join() && a.dataType === b.dataType;
  const isEqual = Buffer.compare(a.rawData, b.rawData) === 0 && a.floatData.join() === b.floatData.join();
  return isAlike && isEqual;
}
