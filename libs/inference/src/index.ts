export * from './errors.js';
export { keepOutputs } from './kept-outputs.js';
export * from './observe.js';
export * from './profile.js';
export * from './session.js';
export * from './tensor.js';
