export { ARRAYS, type ArrayOf, type NumberArray } from './arrays.js';
export { randomOrder, seededRandom, type Random } from './seeded-random.js';
