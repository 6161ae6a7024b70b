// npm run coldpress -- ...: the `coldpress` command from a checkout.
import { prepare } from './lib/setup.mjs';
import { standWhereTheUserDoes } from './lib/stand.mjs';

await prepare({ quiet: true });
standWhereTheUserDoes();
await import('../dist/apps/cli/src/main.js');
