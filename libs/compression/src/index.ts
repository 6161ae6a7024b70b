export * from './catalog.js';
export * from './errors.js';
export * from './pass.js';
export * from './quantize/index.js';
export * from './train/index.js';
