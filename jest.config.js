const { availableParallelism } = require('node:os');

/** What runs pods, servers or programs of the machine, as far as it is not a fault. */
const SCRIPTS = [
  '**/test/{scripts,property,monitoring}/**/*.test.ts',
  '**/test/identity-internal/decryption*.test.ts',
  '**/test/runbook/runbook.test.ts',
];
const FAULTS = ['**/test/faults/**/*.test.ts'];

const shared = {
  testEnvironment: '<rootDir>/test/support/environment.ts',
  roots: ['<rootDir>/test'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
    'node_modules/.+\\.js$': ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  },
  // It has no CommonJS build.
  transformIgnorePatterns: ['/node_modules/(?!age-encryption/)'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  setupFilesAfterEnv: ['<rootDir>/test/support/after-file.ts'],
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/*.test.ts', ...[...SCRIPTS, ...FAULTS].map((files) => `!${files}`)],
      globalSetup: '<rootDir>/test/support/unit-setup.ts',
    },
    { ...shared, displayName: 'scripts', testMatch: SCRIPTS },
    { ...shared, displayName: 'faults', testMatch: FAULTS },
  ],
  reporters: [
    'default',
    '<rootDir>/test/support/fault-totals-reporter.js',
    '<rootDir>/test/support/closing-line-reporter.js',
  ],
  testTimeout: 120_000,
  testSequencer: '<rootDir>/test/support/longest-first.js',
  // The tests wait for processes as often as they compute.
  maxWorkers: availableParallelism() + 1,
};
