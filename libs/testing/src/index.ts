export * from './check-gradients.js';
export * from './random.js';
