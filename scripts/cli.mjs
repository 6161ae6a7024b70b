// npm run coldpress -- ...: the `coldpress` command from a checkout.
import { prepare } from './lib/setup.mjs';

await prepare({ quiet: true });
await import('../dist/apps/cli/src/main.js');
