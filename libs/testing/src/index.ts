export * from './check-gradients.js';
export * from './graphs.js';
export * from './published-models.js';
export * from './random.js';
export * from './random-models/index.js';
export * from './tolerances.js';
export { createTestBucket, createTestDatabase, createTestRedis, type TestBucket } from './servers/test-servers.js';
export { startTcpProxy, type TcpProxy } from './servers/tcp-proxy.js';
export { startRedis, type TestRedis } from './servers/redis.js';
