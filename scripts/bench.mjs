// npm run bench -- NAME: measures what must be fast; bench/README.md lists the names.
import { prepare } from './lib/setup.mjs';

await prepare({ quiet: true });
await import('../dist/bench/main.js');
