const { existsSync, readFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');

/** Prints the totals of the fault matrix near the end of the run. Plain JS: jest loads reporters untransformed. */
module.exports = class FaultTotalsReporter {
  onRunComplete() {
    const ledger = join(process.env.TEST_RUN_FOLDER ?? '', 'faults.jsonl');
    if (!existsSync(ledger)) return;
    const entries = readFileSync(ledger, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    const skipped = entries.filter((entry) => entry.skipped !== undefined);
    const totals = { cases: entries.length - skipped.length, skipped: skipped.length };
    for (const { violations = {} } of entries) {
      for (const [name, count] of Object.entries(violations)) totals[name] = (totals[name] ?? 0) + count;
    }
    const lines = skipped.map((entry) => `SKIPPED ${entry.case}: ${entry.skipped}`);
    lines.push(`Faults: ${Object.entries(totals).map(([name, count]) => `${count} ${name}`).join(', ')}`);
    // After jest's own summary, which comes after every reporter.
    process.once('exit', () => writeSync(1, `${lines.join('\n')}\n`));
  }
};
