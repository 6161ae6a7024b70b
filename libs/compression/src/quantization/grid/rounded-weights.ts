import { tensorDims, tensorToFloats, type Graph, elementOf } from '#onnx';
import { channelLayout, dequantizeSymmetric } from './arithmetic.js';
import type { Layer } from '../layers/layers.js';
import type { WeightBits } from './bits.js';
import { chooseScales, toGrid, type WeightGridOptions } from './weight-grid.js';

export interface RoundingOptions extends WeightGridOptions {
  perChannel: boolean;
}

/**
 * The layers' weights in floats and as they are read back from each width, rounded to nearest; each is computed once.
 */
export class RoundedWeights {
  readonly floats: readonly Float32Array[];
  private readonly rounded = new Map<string, Float32Array>();

  constructor(
    private readonly graph: Graph,
    readonly layers: readonly Layer[],
    private readonly options: RoundingOptions,
  ) {
    this.floats = layers.map(({ weight }) => tensorToFloats(graph.tensor(weight)));
  }

  /** The weight of layer number `index` at `weightBits`. */
  at(index: number, weightBits: WeightBits): Float32Array {
    const key = `${index}:${weightBits}`;
    const values = this.rounded.get(key) ?? this.round(index, weightBits);
    this.rounded.set(key, values);
    return values;
  }

  private round(index: number, weightBits: WeightBits): Float32Array {
    const { weight, axis } = elementOf(this.layers, index, 'layers');
    const options = { ...this.options, weightBits };
    const layout = channelLayout(tensorDims(this.graph.tensor(weight)), options.perChannel ? axis : null);
    const floats = this.floats[index]!;
    const grid = toGrid(floats, layout, chooseScales(floats, layout, options), options);
    return dequantizeSymmetric(grid.integers, layout, grid.scales);
  }
}
