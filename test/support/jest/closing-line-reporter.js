const { writeSync } = require('node:fs');

/** Ends the run with one plain line, for readers without knowledge of jest. JavaScript: jest does not transform it. */
module.exports = class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    // A test file that could not even be loaded holds no tests, but it is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // Jest's own summary always comes after every other reporter, so wait for the process to end.
    process.once('exit', () => writeSync(1, `${line}\n`));
  }
};
