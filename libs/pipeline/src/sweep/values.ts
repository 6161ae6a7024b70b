import type { Value } from '#search';
import { canonicalJson } from '../canonical-json.js';

/** The name of the parameter that holds the order of the steps. */
export const ORDER = 'order';
const BETWEEN = ' > ';

export const orderOf = (value: string): string[] => value.split(BETWEEN);
export const orderText = (names: readonly string[]): string => names.join(BETWEEN);

/** A value as the space knows it: scalars as they are, else canonical JSON. */
export function encode(value: unknown): Value {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
    ? value
    : canonicalJson(value);
}
