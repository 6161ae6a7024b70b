// npm start: sets everything up, then runs `coldpress up` in this process.
import { prepare } from './lib/setup.mjs';

await prepare();
process.argv.splice(2, 0, 'up');
await import('../dist/apps/cli/src/main.js');
