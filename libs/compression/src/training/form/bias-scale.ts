import { floatTensor, tensorToFloats, type Graph, type NodeProto, type TensorProto } from '#onnx';
import { onGrid, type IntegerGrid } from './integer-grid.js';

/** How far a product of two float scales may lie from the stored one. */
const ROUNDING = 1e-5;

/**
 * Names of the scales of input and weight whose product a bias is stored on, as integer kernels expect; none where the
 * bias has a scale of its own, which then stays.
 */
export function biasFactors(graph: Graph, dequantize: NodeProto): string[] {
  const own = graph.initializer(dequantize.input[1]!);
  const [use] = graph.consumers(dequantize.output[0]!);
  if (use?.index !== 2 || !own) return [];
  const sources = use.node.input.slice(0, 2).map((value) => graph.producer(value));
  const names = sources.flatMap((source) => (source?.opType === 'DequantizeLinear' ? [source.input[1]!] : []));
  const tensors = names.flatMap((name) => graph.initializer(name) ?? []);
  if (tensors.length !== 2) return [];
  const scales = tensorToFloats(own);
  const product = productOf(tensors.map(tensorToFloats), scales.length);
  const isProduct = (scale: number, i: number) => Math.abs(scale - scales[i]!) <= ROUNDING * scales[i]!;
  return product.every(isProduct) ? names : [];
}

/** A bias in its own storage; on the product of the factors where they were learned, its scale then with it. */
export function scaledBias(grid: IntegerGrid, values: Float32Array, factors: readonly Float32Array[]): TensorProto[] {
  const scales = factors.length === 0 ? grid.scales : productOf(factors, grid.scales.length);
  if (scales.every((scale, i) => Math.abs(scale - grid.scales[i]!) <= ROUNDING * grid.scales[i]!))
    return [onGrid(grid, values)];
  return [onGrid(grid, values, scales), floatTensor(grid.scaleName, grid.scaleDims, scales)];
}

function productOf(factors: readonly Float32Array[], length: number): Float32Array {
  const productAt = (i: number) =>
    factors.reduce((product, factor) => product * factor[factor.length === 1 ? 0 : i]!, 1);
  return Float32Array.from({ length }, (_, i) => productAt(i));
}
