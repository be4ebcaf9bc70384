const { statSync } = require('node:fs');
const Sequencer = require('@jest/test-sequencer').default;

const ORDER = ['faults', 'scripts', 'unit'];

/**
 * Begins with what takes long, so that no worker is left alone with it at the end; a fresh machine has no durations to
 * go by. Shards are dealt the same way. Plain JS: jest loads sequencers untransformed.
 */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => rank(a) - rank(b) || bytes(b) - bytes(a) || (a.path < b.path ? -1 : 1));
  }

  shard(tests, { shardIndex, shardCount }) {
    return this.sort(tests).filter((_, index) => index % shardCount === shardIndex - 1);
  }
};

function rank({ context }) {
  return ORDER.indexOf(context.config.displayName?.name);
}

/** The size of what the tests are made of: the faults are in the file beside. */
function bytes({ path }) {
  const faults = path.replace(/\.test\.ts$/, '.ts');
  return statSync(faults, { throwIfNoEntry: false })?.size ?? statSync(path).size;
}
