import { capture, ROOT } from './run.mjs';

/** Where the work left the main branch, by whichever name that is known here; the last commit where it is not. */
const MAIN = ['origin/main', 'main'];

/**
 * Files of a checkout that are new or differ from where the work left the main branch, committed or not; those that
 * were deleted are not among them.
 */
export async function changedFiles(folder = ROOT) {
  const git = (...args) => capture('git', args, { cwd: folder }).then((text) => text.trim());
  const base = await baseOf(git);
  const changed = await git('diff', '--name-only', '--diff-filter=d', '--relative', '-z', base);
  const untracked = await git('ls-files', '--others', '--exclude-standard', '-z');
  const names = `${changed}\0${untracked}`.split('\0').filter(Boolean);
  return [...new Set(names)].sort();
}

async function baseOf(git) {
  for (const main of MAIN) {
    const base = await git('merge-base', main, 'HEAD').catch(() => null);
    if (base !== null) return base;
  }
  return 'HEAD';
}
