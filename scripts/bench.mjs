// npm run bench -- NAME: measures what must be fast; bench/README.md lists the names.
import { join } from 'node:path';
import { prepare } from './lib/setup.mjs';
import { ROOT, run } from './lib/run.mjs';

await prepare({ quiet: true });
process.exitCode = await run(process.execPath, [join(ROOT, 'dist/bench/main.js'), ...process.argv.slice(2)]);
