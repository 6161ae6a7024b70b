import type { Sampler } from './sampler.js';

/** Every assignment alike. */
export const randomSampler = (): Sampler => ({ propose: (space, _history, random) => space.random(random) });
