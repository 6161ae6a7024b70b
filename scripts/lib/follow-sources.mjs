import { join, relative } from 'node:path';
import { ROOT } from './run.mjs';

/** What API and worker are made of. */
const FOLDERS = ['apps/api', 'apps/worker', 'libs'];
const SOURCE = /\.(ts|json)$/;
const TEST = /\.(spec|conformance|fixture)\.ts$/;
/** An editor writes several files at once, some of them twice. */
const QUIET_MS = 100;

/**
 * Calls `renew` after each change of a source; what changes while it works is followed by another call. The watcher is
 * Vite's: Node's own loses files that editors replace.
 */
export function followSources(watcher, renew) {
  let timer;
  let working = Promise.resolve();
  const isOurs = (path) => FOLDERS.some((folder) => relative(join(ROOT, folder), path).startsWith('..') === false);
  const changed = (_event, path) => {
    if (!SOURCE.test(path) || TEST.test(path) || !isOurs(path)) return;
    clearTimeout(timer);
    timer = setTimeout(() => (working = working.then(renew)), QUIET_MS);
  };
  watcher.add(FOLDERS.map((folder) => join(ROOT, folder)));
  watcher.on('all', changed);
  return {
    stop: async () => {
      watcher.off('all', changed);
      clearTimeout(timer);
      await working;
    },
  };
}
