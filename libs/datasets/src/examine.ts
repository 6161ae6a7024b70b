import type { SplitName } from '#contracts';
import type { NonFinite } from './non-finite.js';
import type { Rows } from './rows.js';
import type { SplitArrays } from './split.js';
import type { StoredArray } from './stored-array.js';

/** Samples read at a time where every sample is looked at. */
export const EXAMINED_AT_A_TIME = 64;

/** Encoded samples that are decoded at upload; of more, as many are looked at, evenly spaced. */
const MOST_EXAMINED = 5000;

/**
 * Decodes samples that are encoded. Throws DatasetError for one that cannot be; returns a sentence where not all were
 * tried.
 */
export async function examineEncoded(rows: Rows, split: SplitArrays): Promise<string[]> {
  if (!rows.load) return [];
  const looked = Math.min(split.count, MOST_EXAMINED);
  for (let first = 0; first < looked; first += EXAMINED_AT_A_TIME) {
    const size = Math.min(EXAMINED_AT_A_TIME, looked - first);
    const placeOf = (sample: number) => Math.floor((sample * split.count) / looked);
    const places = Array.from({ length: size }, (_, i) => placeOf(first + i));
    await rows.load(places.map((place) => split.start + (split.rows?.[place] ?? place)));
  }
  if (looked === split.count) return [];
  return [`${split.file}: ${looked} of ${split.count} samples were decoded to see whether they can be, evenly spaced`];
}

/** A sentence on values of an input that are not finite. */
export function nonFiniteInput(
  splitName: SplitName,
  { file, range }: SplitArrays,
  { name, dims }: StoredArray,
  input: string,
  { sample, element, value, samples }: NonFinite,
): string {
  const place = dims.length > 1 ? ` at element ${element}` : '';
  return `${file}, array "${name}" (input "${input}", split ${splitName}): sample ${sample} holds ${value}${place}; ${samples} of ${range} samples are not finite: ${Number.isNaN(value) ? 'mend them or leave them out, no pass takes NaN' : 'mend them or leave them out, unless the model is made for such values'}`;
}
