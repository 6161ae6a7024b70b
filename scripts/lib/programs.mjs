import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { capture } from './run.mjs';

/** Programs that tests run for real, and the Debian packages that bring them. */
export const SERVERS = [
  { programs: ['redis-server'], packages: ['redis-server'], purpose: 'the queue on Redis' },
  {
    programs: ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph', 'monmaptool', 'radosgw-admin'],
    packages: ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-mgr', 'ceph-common'],
    purpose: 'an S3 server',
  },
  { programs: ['chromium'], packages: ['chromium'], purpose: 'the page in a browser' },
];

/** Where Debian puts server programs even if an ordinary user's PATH leaves it out. */
const PLACES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Installs what is missing where that is possible (root, Debian); returns a line for each group that stays missing. */
export async function ensurePrograms(groups, say) {
  let missing = await missingGroups(groups);
  if (missing.length > 0 && process.getuid?.() === 0 && (await isThere('apt-get'))) {
    const packages = missing.flatMap((group) => group.packages);
    say(`installing ${packages.join(', ')}`);
    await installPackages(packages).catch((error) => say(error.message));
    missing = await missingGroups(groups);
  }
  return missing.map(
    ({ programs, packages, purpose }) =>
      `${programs[0]} (${purpose}) is missing: sudo apt-get install --no-install-recommends ${packages.join(' ')}`,
  );
}

async function installPackages(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await capture('apt-get', ['update', '-q'], { env });
  await capture('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env });
}

async function missingGroups(groups) {
  const found = await Promise.all(
    groups.map(async ({ programs }) => (await Promise.all(programs.map(isThere))).every(Boolean)),
  );
  return groups.filter((_, index) => !found[index]);
}

async function isThere(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...PLACES];
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
