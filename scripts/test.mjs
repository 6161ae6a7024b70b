// npm test: sets everything up, then lint and every test. What follows `--` goes to Jest, such as a folder or --json.
import { join } from 'node:path';
import { prepare } from './lib/setup.mjs';
import { ensurePrograms, SERVERS } from './lib/programs.mjs';
import { ROOT, run } from './lib/run.mjs';

await prepare();
const missing = await ensurePrograms(SERVERS, (line) => console.error(`coldpress: ${line}`));
for (const line of missing) console.error(`coldpress: ${line}; the tests that need it will fail`);

const lint = await run(process.execPath, ['scripts/lint.mjs']);
const jest = await run(process.execPath, [
  '--max-old-space-size=4096',
  join(ROOT, 'node_modules/jest/bin/jest.js'),
  ...process.argv.slice(2),
]);
if (lint !== 0) console.error('coldpress: lint found problems, see above');
process.exitCode = lint === 0 && jest === 0 ? 0 : 1;
