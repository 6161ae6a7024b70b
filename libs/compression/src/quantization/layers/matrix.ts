import { floatAttribute, intAttribute, makeNode, tensorDims, tensorToFloats, type Graph, outputOf } from '#onnx';
import type { Layer } from './layers.js';

/** A layer's weight as it multiplies from the right: [rows, columns], the columns being output channels. */
export interface Matrix {
  values: Float32Array;
  rows: number;
  columns: number;
}

/** The matrix of a Gemm or MatMul layer, transposed where the Gemm says so. */
export function layerMatrix(graph: Graph, { node, weight }: Layer): Matrix {
  const tensor = graph.tensor(weight);
  const values = tensorToFloats(tensor);
  const [first, second] = tensorDims(tensor) as [number, number];
  if (intAttribute(node, 'transB', 0) === 0) return { values, rows: first, columns: second };
  return { values: transpose(values, first, second), rows: second, columns: first };
}

/** Why a Gemm or MatMul cannot be written as X · W + B with the matrix on the right, or null. */
export function plainProductRefusal({ node }: Layer): string | null {
  if (node.opType === 'Conv') return 'it is a convolution, this scheme takes matrix products';
  if (intAttribute(node, 'transA', 0) !== 0) return 'its activation is transposed';
  return floatAttribute(node, 'alpha', 1) === 1 ? null : 'its alpha is not 1';
}

/** Lets `product` take the place of a layer's node, with the layer's bias added behind it. */
export function replaceProduct(graph: Graph, { node, bias }: Layer, product: string): void {
  const output = outputOf(node);
  const producer = graph.producerOf(product);
  if (bias) {
    const name = graph.freshName(`${output}_Add`);
    graph.addNode(makeNode('Add', [product, bias], [output], {}, { name }), { after: producer });
  }
  graph.removeNode(node);
  if (!bias) graph.setOutput(producer, producer.output.indexOf(product), output);
}

/** The same elements with rows and columns exchanged. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!;
  return result;
}
