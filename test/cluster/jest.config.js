/** The tests of dist/ on a real cluster need one, and a kubectl: `npm run test:cluster`. */
module.exports = {
  ...require('../../jest.config.js').projects.find(({ displayName }) => displayName === 'unit'),
  rootDir: '../..',
  roots: ['<rootDir>/test/cluster'],
  testMatch: ['**/*.cluster.ts'],
  reporters: ['default', '<rootDir>/test/support/jest/closing-line-reporter.js'],
  testTimeout: 300_000,
  maxWorkers: 1,
};
