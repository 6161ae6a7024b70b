import { makeNode, type Graph, type NodeProto, outputOf } from '#onnx';

/**
 * Takes the bias out of a Gemm, so that its product can run as integers and still give floats (the fused kernel adds
 * only an integer bias when it does not requantize):
 *
 *     Gemm(X, W, B) -> Y   becomes   Gemm(X, W) -> Add(B) -> Y
 */
export function splitBias(graph: Graph, gemm: NodeProto): void {
  const [bias, output] = [gemm.input[2], outputOf(gemm)];
  if (!bias) return;
  const product = graph.freshName(`${output}_product`);
  graph.setInput(gemm, 2, '');
  graph.setOutput(gemm, 0, product);
  const name = graph.freshName(`${output}_Add`);
  graph.addNode(makeNode('Add', [product, bias], [output], {}, { name }), { after: gemm });
}
