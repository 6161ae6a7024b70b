// npm run demo: sets everything up, then compresses the example model in this process.
import { prepare } from './lib/setup.mjs';

await prepare();
await import('../dist/examples/seed-net/demo.js');
