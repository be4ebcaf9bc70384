import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newRepo, pack } from '../test/support/manifests/packed';
import { options } from './support/options';
import { median, rounds, seconds } from './support/rounds';

const chosen = options(
  'What the packed package adds to a cold start: `node -e "require(\'cdk8s-postgres-backup\')"` against ' +
    'cdk8s-plus-28 alone, which it needs anyway. Installed as a consumer has it, alternating, medians; the ' +
    "ratio is the median of the rounds' own.",
  { rounds: 31 },
);
const folder = mkdtempSync(join(tmpdir(), 'bench-import-'));

async function main(): Promise<void> {
  newRepo(folder, pack(folder).archive, 'cdk8s', 'cdk8s-plus-28', 'constructs');
  const cold = (code: string) => () => seconds(() => execFileSync(process.execPath, ['-e', code], { cwd: folder }));
  const times = await rounds(chosen.rounds, {
    node: cold(''),
    plus: cold('require("cdk8s-plus-28")'),
    ours: cold('require("cdk8s-postgres-backup")'),
  });
  const [node, plus, ours] = [times.node!, times.plus!, times.ours!].map((samples) => median(samples) * 1000);
  const ratio = median(times.ours!.map((sample, round) => sample / times.plus![round]!));
  console.log(`cold start, medians of ${chosen.rounds}:`);
  console.log(`  node alone              ${node!.toFixed(0).padStart(4)} ms`);
  console.log(`  cdk8s-plus-28           ${plus!.toFixed(0).padStart(4)} ms`);
  console.log(`  cdk8s-postgres-backup   ${ours!.toFixed(0).padStart(4)} ms`);
  console.log(`  ours / cdk8s-plus-28    ${ratio.toFixed(2)}`);
}

main().finally(() => rmSync(folder, { recursive: true }));
