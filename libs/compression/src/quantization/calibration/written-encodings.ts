import type { Encodings } from '#contracts';
import { originalName } from './known-encodings.js';

/** A weight as it was stored: by its name in the float model, its width and its scales. */
export interface WrittenWeight {
  weight: string;
  bits: number;
  scales: Float32Array;
}

/** An activation's grid: x ≈ scale · (integer − zeroPoint). */
interface WrittenActivation {
  value: string;
  bits: number;
  scale: number;
  zeroPoint: number;
}

/** Grids of a result as a file of AIMET's encodings, version 1.0.0. */
export function writtenEncodings(
  activations: readonly WrittenActivation[],
  weights: readonly WrittenWeight[],
): Encodings {
  const symmetric = weights.map(({ weight, bits, scales }) => ({
    name: originalName(weight),
    bw: bits,
    dtype: 'INT',
    enc_type: scales.length > 1 ? 'PER_CHANNEL' : 'PER_TENSOR',
    is_sym: true,
    scale: [...scales],
    offset: Array.from(scales, () => -(2 ** (bits - 1))),
  }));
  const asymmetric = activations.map(({ value, bits, scale, zeroPoint }) => ({
    name: value,
    bw: bits,
    dtype: 'INT',
    enc_type: 'PER_TENSOR',
    is_sym: false,
    scale: [scale],
    offset: [zeroPoint === 0 ? 0 : -zeroPoint],
  }));
  return { version: '1.0.0', activation_encodings: asymmetric, param_encodings: symmetric, excluded_layers: [] };
}
