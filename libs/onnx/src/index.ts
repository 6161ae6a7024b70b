export * from './attributes.js';
export * from './builder.js';
export * from './data-type.js';
export * from './errors.js';
export * from './graph.js';
export * from './proto.js';
export * from './tensor.js';
