export * from './check-gradients.js';
export * from './random.js';
export { startTcpProxy, type TcpProxy } from './servers/tcp-proxy.js';
export { createTestBucket, createTestDatabase, createTestRedis, type TestBucket } from './servers/test-servers.js';
