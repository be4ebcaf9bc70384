// Before `npm test`: says what the tests install and where, and installs it before several programs want it at once.
import { existsSync } from 'node:fs';
import { BOOTSTRAP, DEBIAN_ROOT, makeDebianRoot, PACKAGES, SUITE } from './debian-root';
import { canInstall, installPackages, isForbidden, refreshPackageLists, say, which } from './machine';
import { findSource, type Source } from './toolbox';
import { makePrograms, missingPrograms } from '../offsite/programs';

/** The packages of the machine that are missing, as far as nothing else has them. */
function missingPackages({ from }: Source): string[] {
  const packages: string[] = [];
  const want = (program: string, ...from: string[]): void => {
    if (which(program) === undefined) packages.push(...from);
  };
  if (from === 'root') {
    if (!existsSync(DEBIAN_ROOT)) want('debootstrap', ...BOOTSTRAP);
  } else {
    for (const program of ['busybox', 'dash']) want(program, program);
    if (!existsSync(DEBIAN_ROOT)) want('shellcheck', 'shellcheck');
  }
  want('mkfs.btrfs', 'btrfs-progs');
  return packages;
}

function prepare(): void {
  const source = findSource();
  const packages = missingPackages(source);
  const makesRoot = source.from === 'root' && !existsSync(DEBIAN_ROOT);
  const parts = [
    ...(makesRoot ? [`Debian ${SUITE} with ${PACKAGES.join(', ')} in ${DEBIAN_ROOT}`] : []),
    ...(source.from === 'distribution' ? ['postgresql on this machine'] : []),
    ...(packages.length > 0 ? [`${packages.join(', ')} on this machine`] : []),
    ...missingPrograms(),
  ];
  if (parts.length === 0) return say('The tests install nothing: all that they need is here.');
  if (!canInstall) {
    const why = isForbidden ? 'TEST_INSTALL=never forbids it' : 'only root on Debian or Ubuntu can';
    return say(`The tests install nothing (${why}). Missing: ${parts.join('; ')}. What needs it fails or is skipped.`);
  }
  say(`The tests install ${parts.join('; and ')}. TEST_INSTALL=never forbids it.`);
  if (packages.length > 0) {
    refreshPackageLists();
    installPackages(...packages);
  }
  if (makesRoot) makeDebianRoot();
  makePrograms();
}

try {
  prepare();
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
