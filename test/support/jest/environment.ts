import { TestEnvironment } from 'jest-environment-node';

// Here, unlike in the tests, `process` is the real one. A worker whose run was broken off
// must not live on: what it started keeps it alive, and dies with it.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 200).unref();

export default TestEnvironment;
