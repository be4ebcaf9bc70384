const { existsSync, readFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');

/** Prints the totals of the fault matrix near the end of the run. Plain JS: jest loads reporters untransformed. */
module.exports = class FaultTotalsReporter {
  onRunComplete() {
    const ledger = join(process.env.TEST_RUN_FOLDER ?? '', 'faults.jsonl');
    if (!existsSync(ledger)) return;
    const entries = readFileSync(ledger, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const lines = entries
      .filter((entry) => entry.skipped !== undefined)
      .map((entry) => `SKIPPED ${entry.case}: ${entry.skipped}`);
    for (const component of ['backup', 'restore', 'drill']) {
      const its = entries.filter((entry) => entry.component === component);
      if (its.length > 0) lines.push(`Faults of the ${component}: ${totals(its)}`);
    }
    // After jest's own summary, which comes after every reporter.
    process.once('exit', () => writeSync(1, `${lines.join('\n')}\n`));
  }
};

function totals(entries) {
  const skipped = entries.filter((entry) => entry.skipped !== undefined).length;
  const counts = { cases: entries.length - skipped, skipped };
  for (const { violations = {} } of entries) {
    for (const [name, count] of Object.entries(violations)) counts[name] = (counts[name] ?? 0) + count;
  }
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
