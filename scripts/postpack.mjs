// After npm pack: what npm packed of the checkout is a manifest alone; the package that scripts/prepack.mjs laid out
// takes its place.
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packedPackage } from './lib/package/packed-package.mjs';
import { sizeLine } from './lib/package/sizes.mjs';
import { ROOT } from './lib/run.mjs';

const folder = join(ROOT, 'dist/package');
const packed = await packedPackage(folder, join(ROOT, 'dist'));
const destination = resolve(ROOT, process.env.npm_config_pack_destination || '.');
await rename(packed, join(destination, packed.split(/[\\/]/).at(-1)));
console.error(`coldpress: ${await sizeLine(folder, join(destination, packed.split(/[\\/]/).at(-1)))}`);
await rm(folder, { recursive: true, force: true });
