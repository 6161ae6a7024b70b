export * from './catalog.js';
export * from './errors.js';
export * from './pass.js';
export * from './quantization/index.js';
export * from './training/index.js';
export * from './trial-obstacles.js';
