import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { doubleNames, importCycles } from './export-rules.mjs';
import { violations } from './import-rules.mjs';
import { spreadMessages } from './message-rules.mjs';
import { spelledNames } from './name-rules.mjs';
import { ROOT, run } from './run.mjs';

/** Everything that people write code in. */
export const FOLDERS = ['libs', 'apps', 'test', 'bench', 'examples'];

const node = (...args) => run(process.execPath, args).then((code) => code === 0);

/** What lint checks, by name; style and layout of the given files and folders, the rest of the whole house. */
export const lintChecks = (places = [...FOLDERS, 'scripts']) => ({
  oxlint: () => node('node_modules/oxlint/bin/oxlint', '--quiet', ...places),
  'import rules': () => checkLines(FOLDERS, violations, ({ specifier, problem }) => `imports ${specifier}: ${problem}`),
  'name rules': () => checkLines(['libs'], spelledNames, ({ problem }) => problem),
  'message rules': () => checkLines(['libs'], spreadMessages, ({ problem }) => problem),
  'export rules': checkExports,
  layout: () => node('node_modules/oxfmt/bin/oxfmt', '--check', ...places),
  types: () => node('node_modules/tsc7/bin/tsc', '-p', 'tsconfig.json', '--noEmit'),
  'types of the dashboard': () => node('node_modules/tsc7/bin/tsc', '-p', 'apps/dashboard/tsconfig.json', '--noEmit'),
});

/** Does one check after another and prints how each ended; resolves to the number of those that failed. */
export async function runChecks(checks, name) {
  let failed = 0;
  for (const [what, check] of Object.entries(checks)) {
    const isClean = await check();
    console.log(`${name}: ${what} ${isClean ? 'ok' : 'FAILED'}`);
    if (!isClean) failed += 1;
  }
  return failed;
}

/** What `rule` finds in each TypeScript file below the folders. */
export async function eachSource(folders, rule) {
  return (await Promise.all(folders.map((folder) => inFolder(folder, rule)))).flat();
}

async function checkLines(folders, rule, words) {
  const found = await eachSource(folders, rule);
  for (const problem of found) console.error(`${problem.path}:${problem.line}: ${words(problem)}`);
  return found.length === 0;
}

/** Rules of all files together. */
async function checkExports() {
  const files = new Map(await eachSource(FOLDERS, (path, text) => [[path, text]]));
  const found = [...doubleNames(files), ...importCycles(files)];
  for (const { path, line, problem } of found) console.error(`${path}:${line}: ${problem}`);
  return found.length === 0;
}

async function inFolder(folder, rule) {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const sources = entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(
    sources.map(async (path) => rule(path.slice(ROOT.length + 1).replaceAll('\\', '/'), await readFile(path, 'utf8'))),
  );
  return found.flat();
}
