type Cleanup = () => void | Promise<void>;

const cleanups = new Set<Cleanup>();

/** Has `cleanup` run at the end of the test file; returns a function that calls it off. */
export function atEndOfFile(cleanup: Cleanup): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/** Ends and removes whatever a test file left running or lying about, however its tests went. */
export async function clearLeftovers(): Promise<void> {
  // Newest first: processes go before the folders they were given.
  for (const cleanup of [...cleanups].reverse()) {
    cleanups.delete(cleanup);
    await cleanup();
  }
}
