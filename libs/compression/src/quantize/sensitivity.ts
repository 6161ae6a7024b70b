import { tensorDims, tensorToFloats, type Graph } from '#onnx';
import { channelLayout, dequantizeSymmetric } from './arithmetic.js';
import { nodeLabel, type Layer } from './layers.js';
import type { WidthCandidate } from './mixed-precision.js';
import type { InputMoments } from './moments.js';
import { chooseScales, toGrid, type WeightBits, type WeightGridOptions } from './weight-grid.js';

const WIDTHS: readonly WeightBits[] = [8, 4, 2];

/**
 * How much each layer's output suffers at each width, alone and before anything is stored: E‖(W − Ŵ) x‖² / E‖W x‖² from the second
 * moments of its inputs, without another run; ‖W − Ŵ‖² / ‖W‖² for layers without moments.
 */
export function widthCandidates(graph: Graph, layers: readonly Layer[], moments: ReadonlyMap<string, InputMoments>, options: WeightGridOptions & { perChannel: boolean }): WidthCandidate[] {
  return layers.map((layer) => {
    const tensor = graph.initializer(layer.weight)!;
    const values = tensorToFloats(tensor);
    const layout = channelLayout(tensorDims(tensor), options.perChannel ? layer.axis : null);
    const inputs = moments.get(nodeLabel(layer.node)) ?? null;
    const signal = outputPower(values, layer.axis, inputs);
    const noise = WIDTHS.map((weightBits): [WeightBits, number] => {
      const grid = toGrid(values, layout, chooseScales(values, layout, { ...options, weightBits }), { ...options, weightBits });
      const stored = dequantizeSymmetric(grid.integers, layout, grid.scales);
      return [weightBits, signal === 0 ? 0 : outputPower(values.map((value, i) => value - stored[i]!), layer.axis, inputs) / signal];
    });
    return { node: nodeLabel(layer.node), elements: values.length, noise: Object.fromEntries(noise) };
  });
}

/** E‖W x‖² = Σ over rows of wᵀ S w, S the second moments of x; ‖W‖² without them. */
function outputPower(weights: Float32Array, axis: number, moments: InputMoments | null): number {
  if (!moments) return weights.reduce((sum, value) => sum + value * value, 0);
  const { size, second } = moments;
  const rows = weights.length / size;
  const at = axis === 0 ? (row: number, i: number) => row * size + i : (row: number, i: number) => i * rows + row;
  let power = 0;
  const vector = new Float64Array(size);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < size; i++) vector[i] = weights[at(row, i)]!;
    for (let i = 0; i < size; i++) {
      if (vector[i] === 0) continue;
      let dot = 0;
      for (let j = 0; j < size; j++) dot += second[i * size + j]! * vector[j]!;
      power += vector[i]! * dot;
    }
  }
  return power;
}
