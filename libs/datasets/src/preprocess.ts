import type { Preprocess } from '#contracts';
import { ARRAYS } from '#numbers';
import { floatToHalf, dimOf, elementOf } from '#onnx';
import { numberReader, type HostData, type HostType } from './dtype.js';
import { DatasetError } from './errors.js';
import { MAX_SAMPLE_ELEMENTS } from './limits.js';

/** Type and shape of one sample of an input. */
export interface SampleType {
  type: HostType;
  dims: readonly number[];
}

/**
 * One preprocessing operation: what it makes of a sample's type, and how it turns a batch of `count` samples. Values
 * that an earlier operation made may be overwritten: a batch of pictures is larger than the caches.
 */
interface Rule<Op> {
  result(op: Op, sample: SampleType): SampleType;
  apply(op: Op, data: HostData, sample: SampleType, count: number, isOurs: boolean): HostData;
}

/** A sequence of operations bound to the sample it starts from. */
export interface Preprocessing {
  /** A sample after the last operation. */
  result: SampleType;
  /** Turns `count` samples; may return `data` itself. */
  apply(data: HostData, count: number): HostData;
}

/** Every operation; to add one: its schema in contracts/dataset.ts, its rule here, its test. */
const RULES: { [Name in Preprocess['op']]: Rule<Extract<Preprocess, { op: Name }>> } = {
  scale: {
    result: (_, sample) => ({ ...sample, type: floatType(sample.type) }),
    apply: ({ factor }, data, sample, _, isOurs) =>
      affine({ data, type: sample.type, isOurs }, data.length, [{ shift: 0, factor }]),
  },
  normalize: {
    result({ mean, std, axis }, sample) {
      const channels = sample.dims[axis];
      for (const [name, values] of Object.entries({ mean, std })) {
        if (values.length !== 1 && values.length !== channels) {
          throw misfit(
            'normalize',
            sample,
            `1 or ${channels ?? 'as many as there are channels'} values in ${name}`,
            `${values.length}`,
          );
        }
      }
      if (axis >= sample.dims.length)
        throw misfit('normalize', sample, `an axis below ${sample.dims.length}`, `${axis}`);
      return { ...sample, type: floatType(sample.type) };
    },
    apply({ mean, std, axis }, data, sample, _, isOurs) {
      const channels = dimOf(sample.dims, axis);
      const inner = size(sample.dims.slice(axis + 1));
      const of = (values: readonly number[], c: number, what: string) =>
        elementOf(values, values.length === 1 ? 0 : c, what);
      const lines = Array.from({ length: channels }, (_, c): Line => {
        return { shift: of(mean, c, 'mean'), factor: 1 / of(std, c, 'std') };
      });
      return affine({ data, type: sample.type, isOurs }, inner, lines);
    },
  },
  cast: {
    result: ({ to }, sample) => ({ ...sample, type: to }),
    apply: ({ to }, data, sample) => (to === sample.type ? data : castTo(to, sample.type, data)),
  },
  pad: {
    result({ pads, value }, sample) {
      if (pads.length !== 2 * sample.dims.length)
        throw misfit('pad', sample, `${2 * sample.dims.length} pads`, `${pads.length}`);
      if (value !== 0 && (!fits(sample.type, value) || (isInteger(sample.type) && !Number.isInteger(value))))
        throw misfit('pad', sample, `a value that ${sample.type} holds`, `${value}`);
      return { ...sample, dims: paddedDims(sample.dims, pads) };
    },
    apply: ({ pads, value }, data, sample, count) => padBatch(data, sample, pads, value, count),
  },
  reshape: {
    result({ dims }, sample) {
      if (size(dims) !== size(sample.dims))
        throw misfit('reshape', sample, `${size(sample.dims)} elements`, `${size(dims)} in [${dims}]`);
      return { ...sample, dims };
    },
    apply: (_, data) => data,
  },
  transpose: {
    result({ perm }, sample) {
      if (perm.length !== sample.dims.length || sample.dims.some((_, axis) => !perm.includes(axis))) {
        throw misfit('transpose', sample, `a permutation of ${sample.dims.length} axes`, `[${perm}]`);
      }
      return { ...sample, dims: perm.map((axis) => dimOf(sample.dims, axis)) };
    },
    apply: ({ perm }, data, sample, count) => transposeBatch(data, sample, perm, count),
  },
};

/** Binds operations to a sample; throws DatasetError when one does not fit the shape that reaches it. */
export function preparePreprocessing(ops: readonly Preprocess[], sample: SampleType): Preprocessing {
  let result = sample;
  const steps = ops.map((op) => {
    const rule = RULES[op.op] as Rule<Preprocess>;
    const input = result;
    result = rule.result(op, input);
    if (size(result.dims) > MAX_SAMPLE_ELEMENTS) {
      const expected = `at most ${MAX_SAMPLE_ELEMENTS} elements`;
      throw new DatasetError('dataset_limit', `preprocess "${op.op}" makes samples of [${result.dims}]`, {
        expected,
        got: `${size(result.dims)}`,
        wayOut: 'correct the manifest',
      });
    }
    return (data: HostData, count: number, isOurs: boolean) => rule.apply(op, data, input, count, isOurs);
  });
  const apply: Preprocessing['apply'] = (data, count) =>
    steps.reduce((values, step) => step(values, count, values !== data), data);
  return { result, apply };
}

const isInteger = (type: HostType): boolean => !type.startsWith('float');

function floatType(type: HostType): HostType {
  return type === 'float64' ? 'float64' : 'float32';
}

interface Values {
  data: HostData;
  type: HostType;
  /** Whether an operation made them, and nobody else reads them. */
  isOurs: boolean;
}

/** What becomes of a value: (value - shift) · factor. */
interface Line {
  shift: number;
  factor: number;
}

/** The floats that runs of `inner` values become, each by the next of the lines in turn. */
function affine({ data, type, isOurs }: Values, inner: number, lines: readonly Line[]): HostData {
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  const result = isOurs && isFloat ? data : new ARRAYS[floatType(type)](data.length);
  const values = asNumbers(type, data);
  for (let start = 0, run = 0; start < data.length; start += inner, run++)
    alongLine(values, result as Float32Array, start, start + inner, elementOf(lines, run % lines.length, 'lines'));
  return result;
}

/** A loop of its own, over arrays and nothing else: pictures have a hundred thousand values. */
function alongLine(
  values: ArrayLike<number>,
  result: Float32Array,
  start: number,
  end: number,
  { shift, factor }: Line,
): void {
  for (let i = start; i < end; i++) result[i] = (values[i]! - shift) * factor;
}

function asNumbers(type: HostType, data: HostData): ArrayLike<number> {
  if (type !== 'float16' && !(data instanceof BigInt64Array || data instanceof BigUint64Array)) return data;
  const numberAt = numberReader(type, data);
  return Float64Array.from({ length: data.length }, (_, i) => numberAt(i));
}

/**
 * Fractions are cut off, as by ONNX's Cast; a value that the type cannot hold is refused, since it would become another
 * one.
 */
function castTo(type: HostType, from: HostType, data: HostData): HostData {
  const result = new ARRAYS[type](data.length);
  const convert = elementConverter(type);
  const numberAt = numberReader(from, data);
  for (let i = 0; i < data.length; i++) {
    const value = numberAt(i);
    if (!fits(type, value))
      throw new DatasetError('dataset_preprocess', `cast to ${type}`, {
        expected: `values ${rangeText(type)}`,
        got: `${value}`,
        wayOut: 'correct the data, scale it before the cast, or cast to a wider type',
      });
    result[i] = convert(value) as never;
  }
  return result;
}

function elementConverter(type: HostType): (value: number) => number | bigint {
  if (type === 'int64' || type === 'uint64') return (value) => BigInt(Math.trunc(value));
  if (type === 'float16') return floatToHalf;
  return type === 'bool' ? (value) => Number(value !== 0) : (value) => value;
}

/** Lowest and highest value before the fraction is cut off, of the types that cannot hold them all. */
const RANGES: Partial<Record<HostType, readonly [number, number]>> = {
  int64: [-(2 ** 63), 2 ** 63 - 1024],
  uint64: [0, 2 ** 64 - 2048],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int8: [-128, 127],
  uint8: [0, 255],
};
/** Largest finite values of the floats that are narrower than a number of ours. */
const MAX_FLOATS: Partial<Record<HostType, number>> = { float32: 3.4028234663852886e38, float16: 65504 };

function fits(type: HostType, value: number): boolean {
  const range = RANGES[type];
  if (range) return value > range[0] - 1 && value < range[1] + 1;
  if (type === 'bool') return !Number.isNaN(value);
  // What is infinite already stays so.
  return !Number.isFinite(value) || Math.abs(value) <= (MAX_FLOATS[type] ?? Infinity);
}

function rangeText(type: HostType): string {
  if (type === 'bool') return 'that are numbers';
  const most = MAX_FLOATS[type] ?? Infinity;
  const [lowest, highest] = RANGES[type] ?? [-most, most];
  return `${lowest}..${highest}`;
}

/** The pads before each axis come first, those behind them follow. */
function paddedDims(dims: readonly number[], pads: readonly number[]): number[] {
  const padOf = (at: number) => elementOf(pads, at, 'pads');
  return dims.map((dim, axis) => padOf(axis) + dim + padOf(dims.length + axis));
}

function padBatch(data: HostData, sample: SampleType, pads: readonly number[], value: number, count: number): HostData {
  const rank = sample.dims.length;
  const padded = paddedDims(sample.dims, pads);
  const result = new ARRAYS[sample.type](count * size(padded));
  if (value !== 0) result.fill(elementConverter(sample.type)(value) as never);
  const run = sample.dims[rank - 1] ?? 1;
  const strides = stridesOf(padded);
  const rowOffsets = offsets(sample.dims.slice(0, -1), strides);
  const before = pads.slice(0, rank);
  const start = before.reduce((sum, pad, axis) => sum + pad * elementOf(strides, axis, 'strides'), 0);
  let source = 0;
  for (let n = 0; n < count; n++) {
    const base = n * size(padded) + start;
    for (const offset of rowOffsets) {
      result.set(data.subarray(source, source + run) as never, base + offset);
      source += run;
    }
  }
  return result;
}

function transposeBatch(data: HostData, sample: SampleType, perm: readonly number[], count: number): HostData {
  const strides = stridesOf(sample.dims);
  const turnedDims = perm.map((axis) => dimOf(sample.dims, axis));
  const turnedStrides = perm.map((axis) => elementOf(strides, axis, 'strides'));
  const order = offsets(turnedDims, turnedStrides);
  const result = new ARRAYS[sample.type](data.length);
  for (let n = 0; n < count; n++) inOrder(data as Float32Array, result as Float32Array, order, n * order.length);
  return result;
}

function inOrder(data: Float32Array, result: Float32Array, order: Int32Array, base: number): void {
  for (let i = 0; i < order.length; i++) result[base + i] = data[base + order[i]!]!;
}

/** Offsets of all positions of a box in row-major order, under the given strides. */
function offsets(dims: readonly number[], strides: readonly number[]): Int32Array {
  const result = new Int32Array(size(dims));
  let filled = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    for (let k = dimOf(dims, axis) - 1; k >= 0; k--) {
      for (let i = 0; i < filled; i++) result[k * filled + i] = result[i]! + k * elementOf(strides, axis, 'strides');
    }
    filled *= dimOf(dims, axis);
  }
  return result;
}

function stridesOf(dims: readonly number[]): number[] {
  const strides = dims.map(() => 1);
  for (let axis = dims.length - 2; axis >= 0; axis--)
    strides[axis] = elementOf(strides, axis + 1, 'strides') * dimOf(dims, axis + 1);
  return strides;
}

function size(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

function misfit(op: string, sample: SampleType, expected: string, got: string): DatasetError {
  return new DatasetError('dataset_preprocess', `preprocess "${op}" does not fit a sample of shape [${sample.dims}]`, {
    expected,
    got,
    wayOut: 'correct the manifest',
  });
}
