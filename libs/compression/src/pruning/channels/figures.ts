import { dataTypeBits, elementCount, macsOf, parametersByTensor, type Graph, type Shapes } from '#onnx';

/** What a graph costs at given shapes. */
export interface GraphFigures {
  /** Multiply-accumulates of one run of its layers on the observed input. */
  macs: number;
  /** Bytes of its stored tensors. */
  bytes: number;
  parameters: number;
}

/**
 * MACs, bytes and parameters that a graph has, or would have, at the given shapes; stored tensors named in `uncounted`
 * left out. What counts as a parameter is the same as anywhere else: see {@link parametersByTensor}.
 */
export function figuresOf(graph: Graph, shapes: Shapes, uncounted: ReadonlySet<string> = new Set()): GraphFigures {
  const of = (value: string) => shapes.get(value) ?? [];
  const dimsOf = (value: string | undefined) => (value ? of(value) : undefined);
  const macs = graph.nodes.reduce((sum, node) => sum + (macsOf(node, dimsOf) ?? 0), 0);
  const counts = parametersByTensor(graph);
  let [bytes, parameters] = [0, 0];
  for (const { name, dims, dataType } of graph.proto.initializer) {
    if (uncounted.has(name)) continue;
    const elements = elementCount(of(name));
    const share = elements / Math.max(1, elementCount(dims));
    parameters += Math.round((counts.get(name) ?? 0) * share);
    bytes += Math.ceil((elements * (dataTypeBits(dataType) ?? 8)) / 8);
  }
  return { macs, bytes, parameters };
}
