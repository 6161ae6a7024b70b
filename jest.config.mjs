import { readdirSync } from 'node:fs';

// Tests compile to CommonJS inside Jest only; the product itself is ES modules.
const libs = readdirSync(new URL('libs', import.meta.url));

/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/test/native-arrays-environment.cjs',
  globalSetup: '<rootDir>/test/global-setup.mjs',
  globalTeardown: '<rootDir>/test/global-teardown.mjs',
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        keepClassNames: true,
      },
      module: { type: 'commonjs' },
    }],
    '^.+\\.m?js$': ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: ['/node_modules/(?!(@nestjs|onnx-buf|@bufbuild|hyparquet|hyparquet-compressors|hysnappy|fzstd|csv-parse)/)'],
  moduleNameMapper: {
    ...Object.fromEntries(libs.map((lib) => [`^#${lib}$`, `<rootDir>/libs/${lib}/src/index.ts`])),
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.coldpress/'],
  // A figure, with `npm test -- --coverage`; what runs in processes of its own is not in it.
  coverageProvider: 'v8',
  coverageReporters: ['text-summary'],
  coverageDirectory: '<rootDir>/test-results/coverage',
  collectCoverageFrom: ['libs/**/*.ts', 'apps/**/*.ts', '!libs/testing/**', '!**/*.{spec,fixture,conformance}.ts', '!**/*.d.ts'],
  // Real servers and real training; a busy machine takes several times as long as an idle one.
  testTimeout: 240_000,
  maxWorkers: 2,
  workerIdleMemoryLimit: '2GB',
};
