// npm run lint: oxlint, who may import whom, how values are named, layout, types. Prints what is wrong and fails, or says that nothing is.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { violations } from './lib/import-rules.mjs';
import { spelledNames } from './lib/name-rules.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { ROOT, run } from './lib/run.mjs';

const FOLDERS = ['libs', 'apps', 'test', 'bench', 'examples'];
const node = (...args) => run(process.execPath, args).then((code) => code === 0);

const CHECKS = {
  oxlint: () => node('node_modules/oxlint/bin/oxlint', '--quiet', ...FOLDERS, 'scripts'),
  'import rules': checkImports,
  'name rules': checkNames,
  layout: () => node('node_modules/oxfmt/bin/oxfmt', '--check', ...FOLDERS, 'scripts'),
  types: () => node('node_modules/tsc7/bin/tsc', '-p', 'tsconfig.json', '--noEmit'),
  'types of the dashboard': () => node('node_modules/tsc7/bin/tsc', '-p', 'apps/dashboard/tsconfig.json', '--noEmit'),
};

async function checkImports() {
  const found = await checkFolders(FOLDERS, violations);
  for (const { path, line, specifier, problem } of found)
    console.error(`${path}:${line} imports ${specifier}: ${problem}`);
  return found.length === 0;
}

async function checkNames() {
  const found = await checkFolders(['libs'], spelledNames);
  for (const { path, line, problem } of found) console.error(`${path}:${line}: ${problem}`);
  return found.length === 0;
}

/** How the product's code is laid out: what a reader meets, tests aside. */
async function printFigures() {
  const files = await checkFolders(['libs', 'apps'], (path, text) =>
    isProduct(path) ? [{ path, ...figuresOf(text) }] : [],
  );
  const sum = (name) => files.reduce((total, file) => total + file[name], 0);
  const longest = files.toSorted((a, b) => b.lines - a.lines)[0];
  const lines = sum('lines');
  console.log(`figures: ${files.length} files, ${lines} lines`);
  console.log(`figures: lines over 120 characters ${((100 * sum('wide')) / lines).toFixed(2)} %`);
  console.log(`figures: non-null assertions ${((1000 * sum('assertions')) / lines).toFixed(1)} per 1,000 lines`);
  console.log(`figures: longest file ${longest.path}, ${longest.lines} lines`);
}

const isProduct = (path) => !/\.(spec|fixture|conformance)\.tsx?$/.test(path) && !path.startsWith('libs/testing/');

function figuresOf(text) {
  const lines = text.split('\n');
  return {
    lines: lines.length,
    wide: lines.filter((line) => line.length > 120).length,
    assertions: (text.match(/[\w)\]]!(?=[.;,)\]}\s[(])(?!=)/g) ?? []).length,
  };
}

async function checkFolders(folders, rule) {
  return (await Promise.all(folders.map((folder) => checkFolder(folder, rule)))).flat();
}

async function checkFolder(folder, rule) {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const sources = entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(
    sources.map(async (path) => rule(path.slice(ROOT.length + 1).replaceAll('\\', '/'), await readFile(path, 'utf8'))),
  );
  return found.flat();
}

await ensureDependencies();
if (process.argv.includes('--figures')) await printFigures();
let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  const isClean = await check();
  console.log(`lint: ${name} ${isClean ? 'ok' : 'FAILED'}`);
  if (!isClean) failed += 1;
}
process.exitCode = failed ? 1 : 0;
