// npm run fuzz -- --graphs 10000 --seed 1: random small models through every pass; what breaks is printed with its
// seed.
import { join } from 'node:path';
import { prepare } from './lib/setup.mjs';
import { ROOT, run } from './lib/run.mjs';

await prepare({ quiet: true });
process.exitCode = await run(process.execPath, [join(ROOT, 'dist/test/fuzz/main.js'), ...process.argv.slice(2)]);
