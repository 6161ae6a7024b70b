import type { QuantizeOptions } from './quantize.js';

/** Options that cannot be had together: which field to change, when, and what to say. */
export interface QuantizeConflict {
  field: keyof QuantizeOptions;
  when(options: QuantizeOptions): boolean;
  message: string;
}

const isStatic = ({ scheme }: QuantizeOptions) => scheme === 'static';
const isGiven = (record: object) => Object.keys(record).length > 0;

/** Every combination of options that would otherwise be ignored in part. */
export const QUANTIZE_CONFLICTS: readonly QuantizeConflict[] = [
  {
    field: 'rounding',
    when: (o) => o.rounding !== 'nearest' && (o.scheme === 'dynamic' || o.scheme === 'float16'),
    message: 'schemes dynamic and float16 keep weights too fine for it to matter: use static or weightOnly',
  },
  {
    field: 'rounding',
    when: (o) => o.rounding !== 'nearest' && (o.weightFormat === 'codebook' || o.weightFormat === 'binary'),
    message: 'gptq and adaround need evenly spaced levels: use weightFormat uniform or ternary',
  },
  {
    field: 'biasCorrection',
    when: (o) => o.biasCorrection === true && o.scheme === 'float16',
    message: 'half precision rounds without a bias worth correcting: leave biasCorrection out',
  },
  {
    field: 'smoothing',
    when: (o) => o.smoothing !== undefined && (o.scheme === 'weightOnly' || o.scheme === 'float16'),
    message: 'activations stay float, so their outliers cost nothing: use scheme static or dynamic',
  },
  {
    field: 'equalize',
    when: (o) => o.equalize && o.scheme === 'float16',
    message: 'half precision has an exponent per weight: there is no common range to equalize',
  },
  {
    field: 'mixed',
    when: (o) => o.mixed !== undefined && !isStatic(o),
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
    when: (o) => o.weightFormat !== 'uniform' && (o.scheme === 'dynamic' || o.scheme === 'float16'),
    message: 'schemes dynamic and float16 store uniform weights: use static or weightOnly',
  },
  {
    field: 'weightBits',
    when: (o) => o.weightBits !== 8 && (o.scheme === 'dynamic' || o.scheme === 'float16'),
    message: 'schemes dynamic and float16 have their own width: use static or weightOnly',
  },
  {
    field: 'layerBits',
    when: (o) => isGiven(o.layerBits) && (o.scheme === 'dynamic' || o.scheme === 'float16'),
    message: 'schemes dynamic and float16 have their own width: use static or weightOnly',
  },
  {
    field: 'powerOfTwo',
    when: (o) => o.powerOfTwo && (o.scheme === 'dynamic' || o.scheme === 'float16'),
    message: 'schemes dynamic and float16 choose no scales ahead of time: use static or weightOnly',
  },
  {
    field: 'powerOfTwo',
    when: (o) => o.powerOfTwo && o.scheme === 'weightOnly' && o.target === 'onnxruntime',
    message: 'MatMulNBits takes its scales per block as they are: use target portable',
  },
  {
    field: 'activationBits',
    when: (o) => (o.activationBits !== 8 || isGiven(o.layerActivationBits)) && !isStatic(o),
    message: 'only scheme static puts activations on grids of a chosen width',
  },
  {
    field: 'activationBits',
    when: (o) => (o.activationBits !== 8 || Object.values(o.layerActivationBits).includes(16)) && o.target === 'web',
    message: 'the web runtime has no kernels for 16-bit activations: use target portable',
  },
  {
    field: 'ranges',
    when: (o) => o.ranges.length > 0 && !isStatic(o),
    message: 'only scheme static stores ranges of activations: leave ranges out',
  },
  {
    field: 'ranges',
    when: (o) => new Set(o.ranges.map(({ value }) => value)).size < o.ranges.length,
    message: 'a value has two ranges: give each value once',
  },
  {
    field: 'ends',
    when: (o) => o.ends !== 'same' && o.scheme === 'float16',
    message: 'half precision is a matter of tensors, not of layers',
  },
  {
    field: 'ends',
    when: (o) => o.ends === 'bits8' && (o.weightFormat === 'ternary' || o.weightFormat === 'binary'),
    message: 'ternary and binary weights have one width: use ends float',
  },
  {
    field: 'exclude',
    when: (o) => o.exclude.length > 0 && o.scheme === 'float16',
    message: 'half precision is a matter of tensors, not of layers',
  },
];
