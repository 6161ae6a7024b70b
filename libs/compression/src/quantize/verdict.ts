import type { QuantizeOptions } from '#contracts';
import { describeSpeedup, measureSpeedup, speedupSign, type Speedup } from '#evaluation';
import { Session, type HostTensors } from '#inference';
import type { MethodChoice } from './choose-methods.js';
import type { LayerReport } from './static.js';

/** Times both models on the same single sample, in one thread. */
export async function measureSpeed(float: Uint8Array, quantized: Uint8Array, feeds: HostTensors): Promise<Speedup> {
  const sessions = [await Session.create(float), await Session.create(quantized)] as const;
  try {
    return await measureSpeedup({ session: sessions[0], feeds: [feeds] }, { session: sessions[1], feeds: [feeds] });
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** Below this the noise is a tenth of the signal: what depends on the outputs is likely to change. */
const POOR_SNR_DB = 10;

/** What is known of a result when it is judged. */
export interface Facts {
  layers: readonly LayerReport[];
  outputSnrDb: number | null | undefined;
  speed: Speedup | null;
  int8DotProduct: boolean | null;
  methods?: MethodChoice | null;
  /** Samples that ranges were measured on, counted as far as {@link FEW_SAMPLES}; null without data. */
  samples?: number | null;
}

/** With fewer samples than this, what lies beyond the ranges seen is clipped: silero keeps 3 dB after 8 and 14 dB after 32. */
export const FEW_SAMPLES = 32;

/** What a user should know before trusting the result, or trusting it on another machine or target. */
export function warningsFor(options: QuantizeOptions, { layers, outputSnrDb, speed, int8DotProduct, methods, samples }: Facts): string[] {
  const warnings: string[] = [];
  if (typeof outputSnrDb === 'number' && outputSnrDb < POOR_SNR_DB) {
    const waysOut = [...(options.biasCorrection === true || methods?.tried.length ? [] : ['set biasCorrection']), 'exclude the noisiest layers', ...(options.scheme === 'weightOnly' ? [] : ['use scheme weightOnly']), 'distill afterwards'];
    warnings.push(`POOR OUTPUTS: their signal to noise is ${outputSnrDb.toFixed(1)} dB on calibration data, where ${POOR_SNR_DB} is little; ${costliestLayers(layers)}; ways out: ${waysOut.join(', ')}`);
  }
  if (options.scheme === 'static' && layers.length > 0 && typeof samples === 'number' && samples < FEW_SAMPLES) {
    warnings.push(`few calibration samples: ${samples}, where ${FEW_SAMPLES} is little; ranges hold what these contain, and other input may be clipped: give the calibration split more, or raise the option samples`);
  }
  const isUnchanged = layers.length === 0 && options.scheme !== 'float16';
  if (isUnchanged) warnings.push('nothing was quantized: every layer was left alone, see skipped for the reasons');
  if (speed && speedupSign(speed) < 0 && !isUnchanged) {
    const hardware = int8DotProduct === false ? ', whose CPU has no int8 dot products (VNNI)' : '';
    warnings.push(`slower than the float model on this machine${hardware}: ${describeSpeedup(speed)}; try opTypes, exclude or a lower minProducts, or measure on the device`);
  }
  if (options.scheme === 'static' && !options.reduceRange && layers.some((layer) => layer.bits === 8)) {
    const here = { true: ', this one has it', false: ', as this one does', null: '' }[`${int8DotProduct}`];
    warnings.push(`full-range weights saturate on x86 CPUs without VNNI${here}: the result depends on the CPU; reduceRange makes it the same everywhere`);
  }
  if (options.activationBits === 16 || Object.values(options.layerActivationBits).includes(16)) {
    warnings.push('layers that read 16-bit activations run in floats: ONNX Runtime has no integer kernels for them, so they win accuracy over 8 bits and size, not speed');
  }
  if (options.scheme === 'weightOnly' && options.target === 'onnxruntime' && layers.some((layer) => layer.bits === 4 || layer.bits === 2)) {
    warnings.push('MatMulNBits runs in ONNX Runtime only, and about ten times slower than floats in WebAssembly: use target portable or web there');
  }
  if (options.scheme === 'dynamic' && options.target === 'web') {
    warnings.push('dynamic quantization gains nothing at batch 1 in WebAssembly: use scheme static');
  }
  return warnings;
}

/** The layers that cost most, in words: those that add most noise of their own, and those whose output is noisiest. */
export function costliestLayers(layers: readonly LayerReport[], count = 3): string {
  const own = worst(layers, 'aloneSnrDb', count);
  const noisy = worst(layers, 'outputSnrDb', count);
  if (noisy === null) return 'no layer lost anything that was measured';
  return [...(own ? [`most noise of their own: ${own}`] : []), `noisiest outputs: ${noisy}`].join('; ');
}

function worst(layers: readonly LayerReport[], figure: 'aloneSnrDb' | 'outputSnrDb', count: number): string | null {
  const measured = layers.filter((layer) => typeof layer[figure] === 'number').toSorted((a, b) => a[figure]! - b[figure]!);
  if (measured.length === 0) return null;
  return measured.slice(0, count).map((layer) => `${layer.node} (${layer.bits} bits, ${layer[figure]!.toFixed(1)} dB)`).join(', ');
}
