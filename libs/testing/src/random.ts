/** Added to every seed, to see whether a test holds for other numbers than its own. */
const OFFSET = 7919 * Number(process.env['COLDPRESS_TEST_SEED'] ?? 0);

/** Uniform numbers in [0, 1) that the seed decides (mulberry32), and COLDPRESS_TEST_SEED where it is set. */
export function randomNumbers(seed: number): () => number {
  let state = (seed + OFFSET) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
