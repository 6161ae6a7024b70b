export * from './errors.js';
export * from './feeder.js';
export * from './stage-queue.js';
export type { QueueConfig } from './backend.js';
export type { RetryPolicy } from './flow.js';
