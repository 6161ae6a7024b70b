// npm run lint: oxlint, who may import whom, types. Prints what is wrong and fails, or says that nothing is.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { violations } from './lib/import-rules.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { ROOT, run } from './lib/run.mjs';

const FOLDERS = ['libs', 'apps', 'test', 'bench', 'examples'];
const node = (...args) => run(process.execPath, args).then((code) => code === 0);

const CHECKS = {
  'oxlint': () => node('node_modules/oxlint/bin/oxlint', '--quiet', ...FOLDERS, 'scripts'),
  'import rules': checkImports,
  'types': () => node('node_modules/tsc7/bin/tsc', '-p', 'tsconfig.json', '--noEmit'),
  'types of the dashboard': () => node('node_modules/tsc7/bin/tsc', '-p', 'apps/dashboard/tsconfig.json', '--noEmit'),
};

async function checkImports() {
  const found = (await Promise.all(FOLDERS.map(checkFolder))).flat();
  for (const { path, line, specifier, problem } of found) console.error(`${path}:${line} imports ${specifier}: ${problem}`);
  return found.length === 0;
}

async function checkFolder(folder) {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name)).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(sources.map(async (path) => violations(path.slice(ROOT.length + 1).replaceAll('\\', '/'), await readFile(path, 'utf8'))));
  return found.flat();
}

await ensureDependencies(console.error);
let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  const isClean = await check();
  console.log(`lint: ${name} ${isClean ? 'ok' : 'FAILED'}`);
  if (!isClean) failed += 1;
}
process.exitCode = failed ? 1 : 0;
