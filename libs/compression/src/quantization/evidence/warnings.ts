import type { QuantizeOptions } from '#contracts';
import {
  describeSpeedup,
  POOR_SNR_DB,
  poorestOutput,
  speedupSign,
  type OutputQuality,
  type Speedup,
} from '#evaluation';
import type { MethodChoice } from '../calibration/choose-methods.js';
import type { LayerReport, StoredTensor } from '../report.js';
import { costliestLayers } from './costliest-layers.js';
import { describeJudgedOn, type JudgedOn } from './judged-on.js';

/** What is known of a result when warnings are given. */
export interface ResultFacts {
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
const RUNTIME_FORMS = { Gather: 'GatherBlockQuantized', LSTM: 'DynamicQuantizeLSTM' };

/** Tables of 8 bits are of the standard, and so are weights that become floats. */
function isOfRuntime({ opType, bits, computesIn }: LayerReport): boolean {
  return computesIn !== 'float' && (opType === 'LSTM' || bits === 4);
}

/**
 * With fewer samples than this, what lies beyond the ranges seen is clipped: silero keeps 3 dB after 8 and 14 dB after
 * 32.
 */
export const FEW_SAMPLES = 32;

/** One thing to know before trusting a result; nothing where it does not apply. */
type Warning = (options: QuantizeOptions, facts: ResultFacts) => string[];

/** In the order of a report: first what is wrong with the outputs, then what holds on other machines and targets. */
const WARNINGS: readonly Warning[] = [
  poorOutputs,
  withoutFigure,
  underflows,
  fewSamples,
  nothingQuantized,
  slower,
  saturating,
  wideActivations,
  blockwiseElsewhere,
  ownOperatorsElsewhere,
  dynamicOnTheWeb,
];

/** What a user should know before trusting the result, or trusting it on another machine or target. */
export function warningsFor(options: QuantizeOptions, facts: ResultFacts): string[] {
  return WARNINGS.flatMap((warning) => warning(options, facts));
}

/** The worst output or channel where it is poor, what it may come from, and what can be done. */
function poorOutputs(
  options: QuantizeOptions,
  { layers, tensors, outputs, judgedOn, probabilities, methods }: ResultFacts,
): string[] {
  const worst = poorestOutput(outputs ?? [], (output) => probabilities.has(output));
  if (!worst) return [];
  const isCorrected = options.biasCorrection === true || methods?.tried.length || options.scheme === 'float16';
  const waysOut = [
    ...(isCorrected ? [] : ['set biasCorrection']),
    ...(layers.length > 0 ? ['exclude the noisiest layers'] : []),
    ...(options.scheme === 'static' || options.scheme === 'dynamic' ? ['use scheme weightOnly'] : []),
    ...(options.scheme === 'float16' ? ['use scheme weightOnly, whose scales follow the weights'] : []),
    'distill afterwards',
  ];
  const others = (outputs ?? [])
    .filter(({ output, poorChannels }) => poorChannels > 0 && !probabilities.has(output))
    .map(({ output, poorChannels, channels }) => `${poorChannels} of ${channels} channels of "${output}" are poor`);
  const where = judgedOn ? describeJudgedOn(judgedOn) : 'calibration data';
  const causes = [...others, costliestLayers(layers, tensors)];
  return [
    `POOR OUTPUTS: ${worst.place} keeps a signal to noise of ${worst.snrDb.toFixed(1)} dB on ${where}, ` +
      `where ${POOR_SNR_DB} is little; ${causes.join('; ')}; ways out: ${waysOut.join(', ')}`,
  ];
}

/** Outputs of which nothing can be said, and why. */
function withoutFigure(_options: QuantizeOptions, { outputs }: ResultFacts): string[] {
  if (outputs?.length === 0) return ['the outputs were not compared: none of them is a floating-point one'];
  return (outputs ?? []).flatMap(({ output, reason }) =>
    reason ? [`output "${output}" was not compared: ${reason}`] : [],
  );
}

/**
 * Tensors of float16 in which a slice is too small for the format: nothing where the model takes it for the small value
 * it is, all where it is scaled up later.
 */
function underflows(_options: QuantizeOptions, { tensors = [] }: ResultFacts): string[] {
  return tensors.flatMap(({ tensor, poorSlice }) =>
    poorSlice
      ? [
          `float16 underflow: "${tensor}" keeps ${poorSlice.snrDb.toFixed(1)} dB of slice ${poorSlice.index} of ` +
            `axis ${poorSlice.axis}, whose values are too small for the format: check the outputs, or use ` +
            'scheme weightOnly',
        ]
      : [],
  );
}

/** Layers that multiply integers, tables left out. */
function productsOf({ layers }: ResultFacts): LayerReport[] {
  return layers.filter(({ opType, computesIn }) => opType !== 'Gather' && computesIn !== 'float');
}

function fewSamples({ scheme }: QuantizeOptions, facts: ResultFacts): string[] {
  const { samples } = facts;
  const isCalibrated = scheme === 'static' && productsOf(facts).some(({ opType }) => opType !== 'LSTM');
  if (!isCalibrated || typeof samples !== 'number' || samples >= FEW_SAMPLES) return [];
  return [
    `few calibration samples: ${samples}, where ${FEW_SAMPLES} is little; ranges hold what these contain, ` +
      'and other input may be clipped: give the calibration split more, or raise the option samples',
  ];
}

/** Half precision stores tensors, of which layers say nothing. */
function isUnchanged({ scheme }: QuantizeOptions, { layers }: ResultFacts): boolean {
  return layers.length === 0 && scheme !== 'float16';
}

function nothingQuantized(options: QuantizeOptions, facts: ResultFacts): string[] {
  return isUnchanged(options, facts)
    ? ['nothing was quantized: every layer was left alone, see skipped for the reasons']
    : [];
}

function slower(options: QuantizeOptions, facts: ResultFacts): string[] {
  const { speed, int8DotProduct } = facts;
  if (!speed || speedupSign(speed) >= 0 || isUnchanged(options, facts)) return [];
  const hardware = int8DotProduct === false ? ', whose CPU has no int8 dot products (VNNI)' : '';
  return [
    `slower than the float model on this machine${hardware}: ${describeSpeedup(speed)}; ` +
      `${remedyFor(options, facts)}, or measure on the device`,
  ];
}

/** What may help a result that is slower: to leave layers to floats by measurement, unless that was done. */
function remedyFor({ scheme, mixed, whereSlower }: QuantizeOptions, facts: ResultFacts): string {
  const isOpen = scheme === 'static' && mixed === undefined && whereSlower === 'int8';
  const isOfIntegers = productsOf(facts).some(({ opType }) => opType !== 'LSTM');
  if (!isOpen || !isOfIntegers) return 'try opTypes, exclude or a lower minProducts';
  return 'whereSlower: auto lets layers compute in floats where that is faster, their weights stored as integers';
}

function saturating({ scheme, reduceRange }: QuantizeOptions, facts: ResultFacts): string[] {
  const isFullRange = scheme === 'static' && !reduceRange && productsOf(facts).some(({ bits }) => bits === 8);
  if (!isFullRange) return [];
  const here = { true: ', this one has it', false: ', as this one does', null: '' }[`${facts.int8DotProduct}`];
  return [
    `full-range weights saturate on x86 CPUs without VNNI${here}: ` +
      'the result depends on the CPU; reduceRange makes it the same everywhere',
  ];
}

function wideActivations({ activationBits, layerActivationBits }: QuantizeOptions): string[] {
  return activationBits === 16 || Object.values(layerActivationBits).includes(16)
    ? [
        'layers that read 16-bit activations run in floats: ONNX Runtime has no integer kernels for them, ' +
          'so they win accuracy over 8 bits and size, not speed',
      ]
    : [];
}

function blockwiseElsewhere({ scheme, target }: QuantizeOptions, facts: ResultFacts): string[] {
  const isBlockwise = scheme === 'weightOnly' && target === 'onnxruntime';
  return isBlockwise && productsOf(facts).some(({ bits }) => bits === 4 || bits === 2)
    ? [
        'MatMulNBits runs in ONNX Runtime only, and about ten times slower than floats in WebAssembly: ' +
          'use target portable or web there',
      ]
    : [];
}

function ownOperatorsElsewhere(_options: QuantizeOptions, { layers }: ResultFacts): string[] {
  const isStored = (opType: string) => layers.some((layer) => layer.opType === opType && isOfRuntime(layer));
  const stored = Object.entries(RUNTIME_FORMS).filter(([opType]) => isStored(opType));
  return stored.map(([, form]) => `${form} runs in ONNX Runtime only: use target portable elsewhere`);
}

function dynamicOnTheWeb({ scheme, target }: QuantizeOptions): string[] {
  return scheme === 'dynamic' && target === 'web'
    ? ['dynamic quantization gains nothing at batch 1 in WebAssembly: use scheme static']
    : [];
}
