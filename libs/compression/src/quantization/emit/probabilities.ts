import type { Graph } from '#onnx';

const GIVES_PROBABILITIES = new Set(['Softmax', 'Sigmoid', 'HardSigmoid']);

/** Operators behind which a probability is one still. */
const MOVES = new Set(['Identity', 'Cast', 'Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Slice']);

/** The outputs of a graph that a Softmax or Sigmoid makes, with nothing but moves behind it. */
export function probabilityOutputs(graph: Graph): Set<string> {
  const isProbability = (value: string): boolean => {
    const producer = graph.producer(value);
    if (!producer) return false;
    return (
      GIVES_PROBABILITIES.has(producer.opType) || (MOVES.has(producer.opType) && isProbability(producer.input[0] ?? ''))
    );
  };
  return new Set(graph.proto.output.map(({ name }) => name).filter(isProbability));
}
