import { tensorAttribute, type Graph, type TensorProto } from '#onnx';

/** Looks a value up among the graph's initializers and Constant nodes. */
export function constantFinder(graph: Graph): (value: string) => TensorProto | undefined {
  return (value) => {
    const known = graph.initializer(value);
    if (known) return known;
    const producer = graph.producer(value);
    return producer?.opType === 'Constant' ? tensorAttribute(producer, 'value') : undefined;
  };
}
