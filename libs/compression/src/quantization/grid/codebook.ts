/** How the first centroids are chosen (Han et al. 2016, section 3.2). */
export type CodebookStart = 'linear' | 'density' | 'random';

/** Int8 values sorted upwards and, for each weight, the position of its value. */
export interface Codebook {
  entries: Int8Array;
  indices: Uint8Array;
}

const OFFSET = 128;
const MAX_ROUNDS = 100;

/**
 * Shares `size` values among int8 weights by k-means over their 256-bin histogram (Lloyd's rounds until nothing moves),
 * which is exact and independent of the number of weights. One entry is always 0, so that pruned weights stay zero.
 */
export function buildCodebook(weights: Int8Array, size: number, start: CodebookStart, random: () => number): Codebook {
  const counts = new Float64Array(256);
  for (const weight of weights) counts[weight + OFFSET]! += 1;
  const entries = cluster(counts, startCentroids(counts, size, start, random));
  const nearest = Uint8Array.from({ length: 256 }, (_, bin) => nearestEntry(entries, bin - OFFSET));
  return { entries, indices: Uint8Array.from(weights, (weight) => nearest[weight + OFFSET]!) };
}

function cluster(counts: Float64Array, first: number[]): Int8Array {
  let entries = withZero(first);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = withZero(means(counts, entries));
    if (next.every((entry, i) => entry === entries[i])) break;
    entries = next;
  }
  return entries;
}

/** Means of the weights nearest to each entry; an entry without weights keeps its place. */
function means(counts: Float64Array, entries: Int8Array): number[] {
  const sums = new Float64Array(entries.length);
  const totals = new Float64Array(entries.length);
  counts.forEach((count, bin) => {
    const entry = nearestEntry(entries, bin - OFFSET);
    sums[entry]! += count * (bin - OFFSET);
    totals[entry]! += count;
  });
  return Array.from(entries, (entry, i) => (totals[i] ? sums[i]! / totals[i]! : entry));
}

/** Rounded, sorted, with the entry nearest to zero moved onto it. */
function withZero(values: readonly number[]): Int8Array {
  const entries = Int8Array.from(values, (value) => Math.round(value)).sort();
  entries[nearestEntry(entries, 0)] = 0;
  return entries;
}

function startCentroids(counts: Float64Array, size: number, start: CodebookStart, random: () => number): number[] {
  const used = [...counts.keys()].filter((bin) => counts[bin]! > 0).map((bin) => bin - OFFSET);
  const [low, high] = [used[0] ?? 0, used.at(-1) ?? 0];
  const positions = Array.from({ length: size }, (_, i) => (i + 0.5) / size);
  if (start === 'linear') return Array.from(positions, (_, i) => low + ((high - low) * i) / (size - 1));
  const shares = start === 'density' ? positions : positions.map(() => random());
  return shares.map((share) => quantile(counts, share));
}

function quantile(counts: Float64Array, share: number): number {
  let rest = share * counts.reduce((sum, count) => sum + count, 0);
  return counts.findIndex((count) => (rest -= count) < 0) - OFFSET;
}

function nearestEntry(entries: Int8Array, value: number): number {
  let best = 0;
  for (let i = 1; i < entries.length; i++)
    if (Math.abs(entries[i]! - value) < Math.abs(entries[best]! - value)) best = i;
  return best;
}
