/** The differential test takes minutes and needs restic, so it has a command of its own: `npm run test:oracle`. */
module.exports = {
  ...require('../../jest.config.js').projects.find(({ displayName }) => displayName === 'scripts'),
  rootDir: '../..',
  roots: ['<rootDir>/test/oracle'],
  testMatch: ['**/*.oracle.ts'],
  reporters: ['default', '<rootDir>/test/support/jest/closing-line-reporter.js'],
  testTimeout: 900_000,
};
