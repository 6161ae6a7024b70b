// npm run build: compiles the server and bundles the dashboard into dist/, if their sources changed.
import { prepare } from './lib/setup.mjs';

await prepare();
