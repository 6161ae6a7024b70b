// npm start: sets everything up, then runs `coldpress up` in this process.
import { endWithNpm } from './lib/end-with-npm.mjs';
import { prepare } from './lib/setup.mjs';
import { standWhereTheUserDoes } from './lib/stand.mjs';

await prepare();
endWithNpm();
standWhereTheUserDoes();
process.argv.splice(2, 0, 'up');
await import('../dist/apps/cli/src/main.js');
