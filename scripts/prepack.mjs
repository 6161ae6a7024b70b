// Before npm pack: builds the product and lays it out as a package below dist/package.
import { join } from 'node:path';
import { askedPlatforms } from './lib/package/platforms.mjs';
import { stagePackage } from './lib/package/stage-package.mjs';
import { ROOT } from './lib/run.mjs';
import { prepare } from './lib/setup.mjs';

await prepare();
console.error('coldpress: laying out the package');
await stagePackage(join(ROOT, 'dist/package'), askedPlatforms());
