import type { Preprocess, ValueSummary } from '#contracts';
import type { SampleType } from '../preprocess.js';

/** 1/255: bytes of pictures become 0..1. */
const BYTE = 1 / 255;

/** Preprocessing that turns a stored sample into one that an input takes; null where none of a few usual ones does. */
export function fitInput({ type, dims }: ValueSummary, sample: SampleType): Preprocess[] | null {
  const wanted = dims?.slice(1) ?? null;
  const shape = wanted === null ? [] : shapeOps(wanted, sample.dims);
  if (shape === null) return null;
  if (type === sample.type) return shape;
  if (takesFractions(type) && sample.type === 'uint8')
    return [...shape, { op: 'scale', factor: BYTE }, ...castFloats(type)];
  return [...shape, castTo(type)];
}

/** Whether an input takes fractions, in whatever precision. */
export const takesFractions = (type: string | undefined): boolean => type !== undefined && FLOATS.has(type);

const FLOATS: ReadonlySet<string> = new Set(['float32', 'float64', 'float16']);

/** The last step from float32, which arithmetic is done in, to the floats that an input takes. */
export function castFloats(type: string | undefined): Preprocess[] {
  return type !== undefined && takesFractions(type) && type !== 'float32' ? [castTo(type)] : [];
}

const castTo = (type: string): Preprocess => ({ op: 'cast', to: type as Extract<Preprocess, { op: 'cast' }>['to'] });

function shapeOps(wanted: readonly (number | string)[], sample: readonly number[]): Preprocess[] | null {
  const fits = (dim: number | string, size: number | undefined) => typeof dim === 'string' || dim <= 0 || dim === size;
  const agrees = (dims: readonly number[]) =>
    dims.length === wanted.length && wanted.every((dim, at) => fits(dim, dims[at]));
  if (agrees(sample)) return [];
  const perms =
    sample.length === 3
      ? [
          [2, 0, 1],
          [1, 2, 0],
        ]
      : [];
  const perm = perms.find((order) => agrees(order.map((axis) => sample[axis] ?? 0)));
  if (perm) return [{ op: 'transpose', perm }];
  const fixed = wanted.filter((dim): dim is number => typeof dim === 'number' && dim > 0);
  const size = (of: readonly number[]) => of.reduce((product, dim) => product * dim, 1);
  if (fixed.length === wanted.length && size(fixed) === size(sample)) return [{ op: 'reshape', dims: [...fixed] }];
  return [1, sample.length].map((at) => sample.toSpliced(at === 1 ? 0 : at, 0, 1)).some(agrees)
    ? [{ op: 'reshape', dims: agrees([1, ...sample]) ? [1, ...sample] : [...sample, 1] }]
    : null;
}
