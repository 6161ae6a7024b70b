import type { PruneFields } from './prune-fields.js';
import type { QuantizeFields } from './quantize-fields.js';

/** Options of a pass that say something of layers by name or pattern, and the operators whose layers heed them. */
interface LayerOptions {
  options: readonly string[];
  opTypes: readonly string[];
}

const ofQuantize = ['layerBits', 'layerActivationBits'] as const satisfies (keyof QuantizeFields)[];
const ofPrune = ['layerLimits'] as const satisfies (keyof PruneFields)[];

/** By pass: where a range of a sweep may stand for each layer that a pattern fits. */
export const LAYER_OPTIONS: Readonly<Partial<Record<string, LayerOptions>>> = {
  quantize: { options: ofQuantize, opTypes: ['Conv', 'Gemm', 'MatMul', 'LSTM'] },
  prune: { options: ofPrune, opTypes: ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'LSTM', 'GRU', 'RNN'] },
};
