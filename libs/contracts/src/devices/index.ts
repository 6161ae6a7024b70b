export * from './agent-protocol.js';
export * from './benchmark.js';
export * from './benchmark-settings.js';
export * from './device.js';
export * from './fingerprint.js';
export * from './selection.js';
