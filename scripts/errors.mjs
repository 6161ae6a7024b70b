// npm run errors: writes docs/errors.md, the list of all error codes and sentences; --check fails when it is not up to
// date.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { errorPage, errorSentences } from './lib/error-list.mjs';
import { ROOT } from './lib/run.mjs';

await ensureBuilt('server', console.error);
const { PROBLEMS } = await import('../dist/apps/api/src/problems/problem-table.js');
const page = errorPage(await errorSentences(ROOT), PROBLEMS);
const path = join(ROOT, 'docs/errors.md');
if (process.argv.includes('--check')) {
  if ((await readFile(path, 'utf8').catch(() => '')) !== page) {
    console.error('docs/errors.md is not up to date: npm run errors');
    process.exitCode = 1;
  }
} else await writeFile(path, page);
