import type { NumberArray } from '#numbers';

type Fill = (count: number, random: () => number) => NumberArray;

/** By type: numbers of a normal size, whole numbers that are indices of anything, both truth values. */
const FILLS: Readonly<Record<string, Fill>> = {
  float32: (count, random) => Float32Array.from({ length: count }, () => 2 * random() - 1),
  float64: (count, random) => Float64Array.from({ length: count }, () => 2 * random() - 1),
  // Halves between 0.5 and 1, as bits.
  float16: (count, random) => Uint16Array.from({ length: count }, () => 0x3800 + Math.floor(random() * 0x400)),
  int64: (count, random) => BigInt64Array.from({ length: count }, () => BigInt(Math.round(random()))),
  uint64: (count, random) => BigUint64Array.from({ length: count }, () => BigInt(Math.round(random()))),
  int32: (count, random) => Int32Array.from({ length: count }, () => Math.round(random())),
  uint32: (count, random) => Uint32Array.from({ length: count }, () => Math.round(random())),
  int16: (count, random) => Int16Array.from({ length: count }, () => Math.round(random())),
  uint16: (count, random) => Uint16Array.from({ length: count }, () => Math.round(random())),
  int8: (count, random) => Int8Array.from({ length: count }, () => Math.floor(256 * random()) - 128),
  uint8: (count, random) => Uint8Array.from({ length: count }, () => Math.floor(256 * random())),
  bool: (count, random) => Uint8Array.from({ length: count }, () => Math.round(random())),
};

/** Made-up values of a type, as many as are asked for; null for a type of which none are made up. */
export const madeUpValues = (type: string, count: number, random: () => number): NumberArray | null =>
  FILLS[type]?.(count, random) ?? null;
