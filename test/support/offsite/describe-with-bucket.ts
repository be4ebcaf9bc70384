import { existsSync } from 'node:fs';
import { PROGRAMS } from './programs';

/** Tests that need rclone and SeaweedFS: they are skipped, and counted, where a machine has none. */
export const describeWithBucket = existsSync(PROGRAMS) ? describe : describe.skip;
