export * from './infrastructure.module.js';
export * from './tokens.js';
export type { LogOptions } from './logging.js';
