// npm run demo: sets everything up, then compresses the example model in this process.
import { endWithNpm } from './lib/end-with-npm.mjs';
import { prepare } from './lib/setup.mjs';

await prepare();
endWithNpm();
await import('../dist/examples/seed-net/demo.js');
