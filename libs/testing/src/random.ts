import { seededRandom, type Random } from '#numbers';

/** Added to every seed, to see whether a test holds for other numbers than its own. */
const OFFSET = 7919 * Number(process.env['COLDPRESS_TEST_SEED'] ?? 0);

/** Uniform numbers in [0, 1) that the seed decides, and COLDPRESS_TEST_SEED where it is set. */
export const randomNumbers = (seed: number): Random => seededRandom(seed + OFFSET);
