// @ts-check
// JavaScript, because the CLI of cdk8s loads validation plugins with a plain require(). What it needs is compiled in
// the package, and TypeScript here.

const { existsSync } = require('node:fs');
const { join } = require('node:path');

if (!existsSync(join(__dirname, 'validation.js'))) {
  // @ts-expect-error it has no types
  require('tsx/cjs');
}

const { BackupPolicies } = require('./validation');

module.exports = { BackupPolicies };
