// npm run check: lint, types, layout and the unit tests of what has changed since main, for the time between two edits.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { changedFiles } from './lib/changed-files.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { eachSource, lintChecks, runChecks } from './lib/lint-checks.mjs';
import { nearSpecs } from './lib/near-specs.mjs';
import { ROOT, run } from './lib/run.mjs';

const FORMATTED = /^(?:libs|apps|test|bench|examples|scripts)\/.*\.(?:[cm]?[jt]sx?|json|css)$/;
const PAGE = /^(?:apps\/dashboard|libs\/(?:contracts|client))\//;

const jest = (specs) =>
  run(process.execPath, [
    'node_modules/jest/bin/jest.js',
    '--silent',
    ...process.argv.slice(2),
    '--runTestsByPath',
    ...specs,
  ]);

/** Only what a change can have broken: types of the page where what it imports has changed. */
function checksOf(changed) {
  const files = changed.filter((path) => FORMATTED.test(path));
  const checks = lintChecks(files);
  if (files.length === 0) for (const name of ['oxlint', 'layout']) delete checks[name];
  if (!changed.some((path) => PAGE.test(path))) delete checks['types of the dashboard'];
  return checks;
}

async function specsOf(changed) {
  const specs = await eachSource(['libs', 'apps'], (path) => (/\.spec\.tsx?$/.test(path) ? [path] : []));
  const { near, slow, untested } = nearSpecs(changed, specs);
  for (const path of untested) console.log(`check: no spec near ${path}`);
  for (const path of slow) console.log(`check: not run, it may take minutes: npx jest ${path}`);
  return near;
}

const from = performance.now();
await ensureDependencies();
const changed = (await changedFiles()).filter((path) => existsSync(join(ROOT, path)));
console.log(`check: ${changed.length} files differ from main`);
const near = await specsOf(changed);
const tests = near.length > 0 ? { [`${near.length} specs`]: async () => (await jest(near)) === 0 } : {};
const failed = await runChecks({ ...checksOf(changed), ...tests }, 'check');
console.log(
  `check: ${failed === 0 ? 'ok' : `${failed} FAILED`} after ${((performance.now() - from) / 1000).toFixed(0)} s`,
);
process.exitCode = failed ? 1 : 0;
