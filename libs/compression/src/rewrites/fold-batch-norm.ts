import {
  DataType,
  floatAttribute,
  floatTensor,
  intAttribute,
  tensorDims,
  tensorToFloats,
  type Graph,
  type NodeProto,
  inputOf,
  outputOf,
} from '#onnx';

/**
 * Folds normalisation with fixed statistics into the convolution before it, where the two have nothing in between:
 *
 *     Conv(X, W, b) -> BatchNormalization(g, B, m, v) -> Y   becomes   Conv(X, W · s, (b − m) · s + B) -> Y,  s = g / √(v + ε)
 *
 * A convolution whose output is read elsewhere too keeps its BatchNormalization. Returns how many were folded.
 */
export function foldBatchNorm(graph: Graph): number {
  return [...graph.nodes].filter((node) => node.opType === 'BatchNormalization' && fold(graph, node)).length;
}

function fold(graph: Graph, norm: NodeProto): boolean {
  const between = inputOf(norm, 0);
  const conv = graph.producer(between);
  if (
    conv?.opType !== 'Conv' ||
    graph.consumers(between).length !== 1 ||
    graph.isOutput(between) ||
    intAttribute(norm, 'training_mode', 0) === 1 ||
    norm.output.slice(1).some((output) => output !== '')
  )
    return false;
  const constants = [inputOf(conv, 1), conv.input[2] || null, ...norm.input.slice(1)].map((name) =>
    name === null ? null : readFloats(graph, name),
  );
  const [weight, bias, gain, shift, mean, variance] = constants;
  if (!weight || bias === undefined || !gain || !shift || !mean || !variance) return false;
  const epsilon = floatAttribute(norm, 'epsilon', 1e-5);
  const factors = gain.map((value, channel) => value / Math.sqrt(variance[channel]! + epsilon));
  const inner = weight.length / factors.length;
  const scaled = weight.map((value, i) => value * factors[Math.floor(i / inner)]!);
  const moved = factors.map((factor, channel) => ((bias?.[channel] ?? 0) - mean[channel]!) * factor + shift[channel]!);
  const dims = tensorDims(graph.tensor(inputOf(conv, 1)));
  const output = outputOf(norm);
  graph.setInput(
    conv,
    1,
    graph.addInitializer(floatTensor(graph.freshName(`${conv.input[1]}_folded`), dims, scaled)).name,
  );
  graph.setInput(
    conv,
    2,
    graph.addInitializer(floatTensor(graph.freshName(`${output}_bias`), [factors.length], moved)).name,
  );
  graph.removeNode(norm);
  graph.setOutput(conv, 0, output);
  return true;
}

/** A float initializer's values; null for an input that the node does not have is the caller's. */
function readFloats(graph: Graph, name: string): Float32Array | undefined {
  const tensor = graph.initializer(name);
  return tensor?.dataType === DataType.FLOAT ? tensorToFloats(tensor) : undefined;
}
