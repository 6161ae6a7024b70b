import { capturedValues, subgraphs, type GraphBuilder } from '#onnx';

/** Drops the nodes from which no path leads to `outputs`. */
export function keepRead(builder: GraphBuilder, outputs: readonly string[]): void {
  const read = new Set(outputs);
  const kept = builder.nodes.toReversed().filter((node) => {
    if (!node.output.some((value) => read.has(value))) return false;
    for (const value of node.input) read.add(value);
    for (const body of subgraphs(node)) for (const value of capturedValues(body)) read.add(value);
    return true;
  });
  builder.nodes.splice(0, Infinity, ...kept.reverse());
}
