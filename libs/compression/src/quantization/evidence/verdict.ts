import type { QuantizeOptions } from '#contracts';
import {
  describeSpeedup,
  measureSpeedup,
  POOR_SNR_DB,
  poorestOutput,
  speedupSign,
  type OutputQuality,
  type Speedup,
} from '#evaluation';
import { Session, type HostTensors } from '#inference';
import type { MethodChoice } from '../calibration/choose-methods.js';
import { describeJudgedOn, type JudgedOn } from './judged-on.js';
import type { LayerReport, StoredTensor } from '../report.js';

/** Times both models on the same single sample, in one thread. */
export async function measureSpeed(float: Uint8Array, quantized: Uint8Array, feeds: HostTensors): Promise<Speedup> {
  const sessions = [await Session.create(float), await Session.create(quantized)] as const;
  try {
    return await measureSpeedup({ session: sessions[0], feeds: [feeds] }, { session: sessions[1], feeds: [feeds] });
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** What is known of a result when it is judged. */
export interface Facts {
  layers: readonly LayerReport[];
  /** From scheme float16. */
  tensors?: readonly StoredTensor[];
  /** Null without data. */
  outputs: readonly OutputQuality[] | null;
  /** What they were compared on. */
  judgedOn?: JudgedOn | null;
  /** Outputs that are probabilities. */
  probabilities: ReadonlySet<string>;
  speed: Speedup | null;
  int8DotProduct: boolean | null;
  methods?: MethodChoice | null;
  /** Samples that ranges were measured on, counted as far as {@link FEW_SAMPLES}; null without data. */
  samples?: number | null;
}

/** The runtime's own operators that tables and recurrent weights are stored for. */
const RUNTIME_FORMS: Record<string, string> = { Gather: 'GatherBlockQuantized', LSTM: 'DynamicQuantizeLSTM' };

/** Tables of 8 bits are of the standard. */
function isOfRuntime({ opType, bits }: LayerReport): boolean {
  return opType === 'LSTM' || bits === 4;
}

/** With fewer samples than this, what lies beyond the ranges seen is clipped: silero keeps 3 dB after 8 and 14 dB after 32. */
export const FEW_SAMPLES = 32;

/** What a user should know before trusting the result, or trusting it on another machine or target. */
export function warningsFor(options: QuantizeOptions, facts: Facts): string[] {
  const { layers, speed, int8DotProduct, samples } = facts;
  const products = layers.filter(({ opType }) => opType !== 'Gather');
  const isCalibrated = products.some(({ opType }) => opType !== 'LSTM');
  const warnings = [...poorOutputs(options, facts), ...withoutFigure(facts), ...underflows(facts)];
  if (options.scheme === 'static' && isCalibrated && typeof samples === 'number' && samples < FEW_SAMPLES) {
    warnings.push(
      `few calibration samples: ${samples}, where ${FEW_SAMPLES} is little; ranges hold what these contain, and other input may be clipped: give the calibration split more, or raise the option samples`,
    );
  }
  const isUnchanged = layers.length === 0 && options.scheme !== 'float16';
  if (isUnchanged) warnings.push('nothing was quantized: every layer was left alone, see skipped for the reasons');
  if (speed && speedupSign(speed) < 0 && !isUnchanged) {
    const hardware = int8DotProduct === false ? ', whose CPU has no int8 dot products (VNNI)' : '';
    warnings.push(
      `slower than the float model on this machine${hardware}: ${describeSpeedup(speed)}; try opTypes, exclude or a lower minProducts, or measure on the device`,
    );
  }
  if (options.scheme === 'static' && !options.reduceRange && products.some((layer) => layer.bits === 8)) {
    const here = { true: ', this one has it', false: ', as this one does', null: '' }[`${int8DotProduct}`];
    warnings.push(
      `full-range weights saturate on x86 CPUs without VNNI${here}: the result depends on the CPU; reduceRange makes it the same everywhere`,
    );
  }
  if (options.activationBits === 16 || Object.values(options.layerActivationBits).includes(16)) {
    warnings.push(
      'layers that read 16-bit activations run in floats: ONNX Runtime has no integer kernels for them, so they win accuracy over 8 bits and size, not speed',
    );
  }
  if (
    options.scheme === 'weightOnly' &&
    options.target === 'onnxruntime' &&
    products.some((layer) => layer.bits === 4 || layer.bits === 2)
  ) {
    warnings.push(
      'MatMulNBits runs in ONNX Runtime only, and about ten times slower than floats in WebAssembly: use target portable or web there',
    );
  }
  for (const [opType, form] of Object.entries(RUNTIME_FORMS)) {
    if (layers.some((layer) => layer.opType === opType && isOfRuntime(layer)))
      warnings.push(`${form} runs in ONNX Runtime only: use target portable elsewhere`);
  }
  if (options.scheme === 'dynamic' && options.target === 'web') {
    warnings.push('dynamic quantization gains nothing at batch 1 in WebAssembly: use scheme static');
  }
  return warnings;
}

/** The worst output or channel where it is poor, what it may come from, and what can be done. */
function poorOutputs(
  options: QuantizeOptions,
  { layers, tensors, outputs, judgedOn, probabilities, methods }: Facts,
): string[] {
  const worst = poorestOutput(outputs ?? [], (output) => probabilities.has(output));
  if (!worst) return [];
  const waysOut = [
    ...(options.biasCorrection === true || methods?.tried.length || options.scheme === 'float16'
      ? []
      : ['set biasCorrection']),
    ...(layers.length > 0 ? ['exclude the noisiest layers'] : []),
    ...(options.scheme === 'static' || options.scheme === 'dynamic' ? ['use scheme weightOnly'] : []),
    ...(options.scheme === 'float16' ? ['use scheme weightOnly, whose scales follow the weights'] : []),
    'distill afterwards',
  ];
  const others = (outputs ?? [])
    .filter(({ output, poorChannels }) => poorChannels > 0 && !probabilities.has(output))
    .map(({ output, poorChannels, channels }) => `${poorChannels} of ${channels} channels of "${output}" are poor`);
  return [
    `POOR OUTPUTS: ${worst.place} keeps a signal to noise of ${worst.snrDb.toFixed(1)} dB on ${judgedOn ? describeJudgedOn(judgedOn) : 'calibration data'}, where ${POOR_SNR_DB} is little; ${[...others, costliestLayers(layers, tensors)].join('; ')}; ways out: ${waysOut.join(', ')}`,
  ];
}

/** Outputs of which nothing can be said, and why. */
function withoutFigure({ outputs }: Facts): string[] {
  if (outputs?.length === 0) return ['the outputs were not compared: none of them is a floating-point one'];
  return (outputs ?? []).flatMap(({ output, reason }) =>
    reason ? [`output "${output}" was not compared: ${reason}`] : [],
  );
}

/** Tensors of float16 in which a slice is too small for the format: nothing where the model takes it for the small value it is, all where it is scaled up later. */
function underflows({ tensors = [] }: Facts): string[] {
  return tensors.flatMap(({ tensor, poorSlice }) =>
    poorSlice
      ? [
          `float16 underflow: "${tensor}" keeps ${poorSlice.snrDb.toFixed(1)} dB of slice ${poorSlice.index} of axis ${poorSlice.axis}, whose values are too small for the format: check the outputs, or use scheme weightOnly`,
        ]
      : [],
  );
}

/**
 * What cost most, in words: the layers that add most noise of their own and those whose output is noisiest, else the weights that lost most. Says so
 * where nothing of it was measured.
 */
export function costliestLayers(
  layers: readonly LayerReport[],
  tensors: readonly StoredTensor[] = [],
  count = 3,
): string {
  if (layers.length + tensors.length === 0) return 'nothing was stored in fewer bits';
  const own = worst(layers, 'aloneSnrDb', count);
  const noisy = worst(layers, 'outputSnrDb', count);
  const parts = [...(own ? [`most noise of their own: ${own}`] : []), ...(noisy ? [`noisiest outputs: ${noisy}`] : [])];
  const stored = [...layers, ...tensors.map(({ tensor, ...rest }) => ({ ...rest, node: tensor }))];
  const weights = worst(stored, 'weightSnrDb', count);
  if (parts.length === 0 && weights) parts.push(`weights that lost most: ${weights}`);
  const unknown = layers.filter(({ outputSnrDb }) => outputSnrDb === undefined).length;
  if (unknown === layers.length) parts.push('what layers give was not measured');
  else if (unknown > 0)
    parts.push(
      `${unknown} of ${layers.length} layers have no figure: they give only zeros, or values that are not finite`,
    );
  return parts.join('; ') || 'no layer lost anything';
}

type Figures = Pick<LayerReport, 'node' | 'bits' | 'aloneSnrDb' | 'outputSnrDb' | 'weightSnrDb'>;

function worst(
  layers: readonly Figures[],
  figure: 'aloneSnrDb' | 'outputSnrDb' | 'weightSnrDb',
  count: number,
): string | null {
  const measured = layers
    .filter((layer) => typeof layer[figure] === 'number')
    .toSorted((a, b) => a[figure]! - b[figure]!);
  if (measured.length === 0) return null;
  return measured
    .slice(0, count)
    .map((layer) => `${layer.node} (${layer.bits} bits, ${layer[figure]!.toFixed(1)} dB)`)
    .join(', ');
}
