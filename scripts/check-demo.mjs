// npm run demo -- --json | node scripts/check-demo.mjs: judges the demo's figures.
import { text } from 'node:stream/consumers';
import { checkDemo } from './lib/demo-checks.mjs';

const checks = checkDemo(await text(process.stdin));
for (const { name, passed, figures } of checks) console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}: ${figures}`);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;
