export type { QueueConfig } from './backend.js';
export * from './errors.js';
export type { RetryPolicy } from './flow.js';
export * from './stage-queue.js';
