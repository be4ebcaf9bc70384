const { availableParallelism } = require('node:os');

/** What needs no PostgreSQL, no pods and no program of the machine. Whatever is not here gets all of them. */
const UNIT = [
  '**/test/{backup,cli,database,delivery,drill,fleet,guard,kubernetes,manifests,network}/**/*.test.ts',
  '**/test/{offsite,package,pages,plan,policies,restore,schedule,secrets,workload}/**/*.test.ts',
  '**/test/identity-internal/chart.test.ts',
  '**/test/runbook/{commands,page}.test.ts',
];
const FAULTS = ['**/test/faults/**/*.test.ts'];
const not = (files) => files.map((pattern) => `!${pattern}`);

const shared = {
  testEnvironment: '<rootDir>/test/support/jest/environment.ts',
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
  globalSetup: '<rootDir>/test/support/jest/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/jest/global-teardown.ts',
  setupFilesAfterEnv: ['<rootDir>/test/support/jest/after-file.ts'],
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: UNIT,
      globalSetup: '<rootDir>/test/support/jest/unit-setup.ts',
    },
    { ...shared, displayName: 'scripts', testMatch: ['**/*.test.ts', ...not([...UNIT, ...FAULTS])] },
    { ...shared, displayName: 'faults', testMatch: FAULTS },
  ],
  reporters: [
    'default',
    '<rootDir>/test/support/jest/fault-totals-reporter.js',
    '<rootDir>/test/support/jest/closing-line-reporter.js',
  ],
  testTimeout: 120_000,
  testSequencer: '<rootDir>/test/support/jest/longest-first.js',
  // The tests wait for processes as often as they compute.
  maxWorkers: availableParallelism() + 1,
};
