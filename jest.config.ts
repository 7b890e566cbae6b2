import type { Config } from 'jest';

const compile = {
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  // Left alone, import() of an ES module stays what Node makes of it.
  module: { type: 'commonjs', ignoreDynamic: true },
};

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', compile] },
  globalSetup: '<rootDir>/test/support/bench/start.ts',
  globalTeardown: '<rootDir>/test/support/bench/stop.ts',
  setupFiles: ['<rootDir>/test/support/bench/realm.ts'],
  testTimeout: 60_000,
  maxWorkers: 2,
} satisfies Config;
