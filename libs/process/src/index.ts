export { ALLOCATOR_ENVIRONMENT } from './allocator.js';
export type { RunOptions } from './child.js';
export * from './errors.js';
export * from './lossy-lines.js';
export * from './process-pool.js';
export * from './repeat.js';
export * from './serve.js';
export * from './stage-module.js';
export { whenOrphaned } from './orphaned.js';
