export { Dice } from './dice.js';
export { randomModel, type RandomModel } from './random-model.js';
export { SPLIT_SAMPLES, writeRandomData } from './random-data.js';
