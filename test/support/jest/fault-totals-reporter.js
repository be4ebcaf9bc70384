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
    const faced = entries.filter((entry) => entry.violations !== undefined);
    const skipped = entries.filter((entry) => entry.skipped !== undefined);
    const lines = skipped.map((entry) => `SKIPPED ${entry.case}: ${entry.skipped}`);
    for (const component of ['backup', 'restore', 'drill', 'offsite']) {
      const isIts = (entry) => entry.component === component;
      if (entries.some(isIts))
        lines.push(`Faults of the ${component}: ${totals(faced.filter(isIts), skipped.filter(isIts))}`);
    }
    const all = entries.reduce((sum, { cases = 0 }) => sum + cases, 0);
    lines.push(`faults: ${faced.length} of ${all} cases`);
    // After jest's own summary, which comes after every reporter.
    process.once('exit', () => writeSync(1, `${lines.join('\n')}\n`));
  }
};

function totals(faced, skipped) {
  const counts = { cases: faced.length, skipped: skipped.length };
  for (const { violations } of faced) {
    for (const [name, count] of Object.entries(violations)) counts[name] = (counts[name] ?? 0) + count;
  }
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
