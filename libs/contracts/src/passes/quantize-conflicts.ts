import { activationWidths } from './encodings.js';
import type { QuantizeFields } from './quantize-fields.js';

/** Options that cannot be had together: which field to change, when, and what to say. */
export interface QuantizeConflict {
  field: keyof QuantizeFields;
  when(options: QuantizeFields): boolean;
  message: string;
}

const isGiven = (record: object) => Object.keys(record).length > 0;

type Field = keyof QuantizeFields;

/** Of float16 on top of what dynamic leaves: half precision is a matter of tensors. */
const OF_LAYERS: readonly Field[] = ['biasCorrection', 'smoothing', 'equalize', 'ends', 'exclude'];
const OF_STATIC: readonly Field[] = ['mixed', 'activationBits', 'ranges', 'encodings', 'weightsOnly', 'whereSlower'];
const OF_WEIGHTS: readonly Field[] = ['rounding', 'weightFormat', 'weightBits', 'layerBits', 'powerOfTwo'];

/**
 * Options that each scheme has no use for, and that are refused where they are given; a scheme without its line does
 * not compile.
 */
const UNUSED: Record<QuantizeFields['scheme'], readonly Field[]> = {
  static: [],
  dynamic: [...OF_STATIC, ...OF_WEIGHTS],
  weightOnly: [...OF_STATIC, 'smoothing'],
  float16: [...OF_STATIC, ...OF_WEIGHTS, ...OF_LAYERS],
};

const isUnused = (field: Field, { scheme }: QuantizeFields) => UNUSED[scheme].includes(field);

/** Whether layers are to be timed as int8 and as floats, so that the result depends on the machine. */
export function seeksSlower({ whereSlower }: Pick<QuantizeFields, 'whereSlower'>): boolean {
  return whereSlower !== 'int8';
}

/** Every combination of options that would otherwise be ignored in part. */
export const QUANTIZE_CONFLICTS: readonly QuantizeConflict[] = [
  {
    field: 'rounding',
    when: (o) => o.rounding !== 'nearest' && isUnused('rounding', o),
    message: 'schemes dynamic and float16 keep weights too fine for it to matter: use static or weightOnly',
  },
  {
    field: 'rounding',
    when: (o) => o.rounding !== 'nearest' && (o.weightFormat === 'codebook' || o.weightFormat === 'binary'),
    message: 'gptq, adaround and seqmse need evenly spaced levels: use weightFormat uniform or ternary',
  },
  {
    field: 'rounding',
    when: (o) => o.rounding === 'seqmse' && o.powerOfTwo,
    message: 'seqmse chooses any scale, which powerOfTwo would round away: use nearest, gptq or adaround',
  },
  {
    field: 'biasCorrection',
    when: (o) => o.biasCorrection === true && isUnused('biasCorrection', o),
    message: 'half precision rounds without a bias worth correcting: leave biasCorrection out',
  },
  {
    field: 'smoothing',
    when: (o) => o.smoothing !== undefined && isUnused('smoothing', o),
    message: 'activations stay float, so their outliers cost nothing: use scheme static or dynamic',
  },
  {
    field: 'equalize',
    when: (o) => o.equalize && isUnused('equalize', o),
    message: 'half precision has an exponent per weight: there is no common range to equalize',
  },
  {
    field: 'mixed',
    when: (o) => o.mixed !== undefined && isUnused('mixed', o),
    message: 'widths are chosen on calibration data: use scheme static',
  },
  {
    field: 'mixed',
    when: (o) => o.mixed !== undefined && (o.weightFormat === 'ternary' || o.weightFormat === 'binary'),
    message: 'ternary and binary weights have one width: use weightFormat uniform or codebook',
  },
  {
    field: 'weightBits',
    when: (o) => o.weightBits !== 8 && (o.weightFormat === 'ternary' || o.weightFormat === 'binary'),
    message: 'ternary and binary weights have their own width: leave weightBits out',
  },
  {
    field: 'layerBits',
    when: (o) => isGiven(o.layerBits) && (o.weightFormat === 'ternary' || o.weightFormat === 'binary'),
    message: 'ternary and binary weights have one width: leave layerBits out',
  },
  {
    field: 'weightFormat',
    when: (o) => o.weightFormat === 'codebook' && o.weightBits === 8 && !isGiven(o.layerBits) && o.mixed === undefined,
    message: 'a codebook of 2^8 values is the int8 grid itself: use 4, 3 or 2 bits',
  },
  {
    field: 'codebookStart',
    when: (o) => o.codebookStart !== 'linear' && o.weightFormat !== 'codebook',
    message: 'only weightFormat codebook has centroids',
  },
  {
    field: 'weightFormat',
    when: (o) => o.weightFormat !== 'uniform' && isUnused('weightFormat', o),
    message: 'schemes dynamic and float16 store uniform weights: use static or weightOnly',
  },
  {
    field: 'weightBits',
    when: (o) => o.weightBits !== 8 && isUnused('weightBits', o),
    message: 'schemes dynamic and float16 have their own width: use static or weightOnly',
  },
  {
    field: 'layerBits',
    when: (o) => isGiven(o.layerBits) && isUnused('layerBits', o),
    message: 'schemes dynamic and float16 have their own width: use static or weightOnly',
  },
  {
    field: 'powerOfTwo',
    when: (o) => o.powerOfTwo && isUnused('powerOfTwo', o),
    message: 'schemes dynamic and float16 choose no scales ahead of time: use static or weightOnly',
  },
  {
    field: 'powerOfTwo',
    when: (o) => o.powerOfTwo && o.scheme === 'weightOnly' && o.target === 'onnxruntime',
    message: 'MatMulNBits takes its scales per block as they are: use target portable',
  },
  {
    field: 'activationBits',
    when: (o) => (o.activationBits !== 8 || isGiven(o.layerActivationBits)) && isUnused('activationBits', o),
    message: 'only scheme static puts activations on grids of a chosen width',
  },
  {
    field: 'activationBits',
    when: (o) => (o.activationBits !== 8 || Object.values(o.layerActivationBits).includes(16)) && o.target === 'web',
    message: 'the web runtime has no kernels for 16-bit activations: use target portable',
  },
  {
    field: 'ranges',
    when: (o) => o.ranges.length > 0 && isUnused('ranges', o),
    message: 'only scheme static stores ranges of activations: leave ranges out',
  },
  {
    field: 'ranges',
    when: (o) => new Set(o.ranges.map(({ value }) => value)).size < o.ranges.length,
    message: 'a value has two ranges: give each value once',
  },
  {
    field: 'encodings',
    when: (o) => o.encodings !== undefined && isUnused('encodings', o),
    message: 'only scheme static puts activations and weights on grids that are given: leave encodings out',
  },
  {
    field: 'encodings',
    when: (o) => o.encodings !== undefined && (o.weightFormat !== 'uniform' || o.powerOfTwo),
    message: 'they give scales of evenly spaced levels: use weightFormat uniform and leave powerOfTwo out',
  },
  {
    field: 'encodings',
    when: (o) => o.encodings !== undefined && o.mixed !== undefined,
    message: 'they give widths of weights, which mixed is to choose: leave one of the two out',
  },
  {
    field: 'encodings',
    when: (o) => o.target === 'web' && activationWidths(o.encodings).includes(16),
    message: 'the web runtime has no kernels for 16-bit activations: use target portable',
  },
  {
    field: 'ends',
    when: (o) => o.ends !== 'same' && isUnused('ends', o),
    message: 'half precision is a matter of tensors, not of layers',
  },
  {
    field: 'ends',
    when: (o) => o.ends === 'bits8' && (o.weightFormat === 'ternary' || o.weightFormat === 'binary'),
    message: 'ternary and binary weights have one width: use ends float',
  },
  {
    field: 'weightsOnly',
    when: (o) => o.weightsOnly.length > 0 && isUnused('weightsOnly', o),
    message: 'only scheme static has layers that compute in integers beside others: leave weightsOnly out',
  },
  {
    field: 'whereSlower',
    when: (o) => seeksSlower(o) && isUnused('whereSlower', o),
    message: 'only scheme static can leave layers to floats by measurement: leave whereSlower out',
  },
  {
    field: 'whereSlower',
    when: (o) => seeksSlower(o) && o.mixed !== undefined,
    message: 'mixed has a goal of its own: use its latency to leave layers float',
  },
  {
    field: 'exclude',
    when: (o) => o.exclude.length > 0 && isUnused('exclude', o),
    message: 'half precision is a matter of tensors, not of layers',
  },
];
