import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

/**
 * Runs the stage process's bundle with the code that V8 compiled at build time: it loads in half the time. With `--write-cache`
 * it keeps that code, once everything is loaded. The tag names what the code depends on: V8's version, its flags, the CPU.
 */
const bundle = join(__dirname, 'main.bundle.cjs');
const cache = `${bundle}.${cachedDataVersionTag()}.cache`;
const isWriting = process.argv.includes('--write-cache');

const cachedData = isWriting ? undefined : read(cache);
// Module.wrap's parameters; on a line of their own they would shift the lines of stack traces.
const source = `(function (exports, require, module, __filename, __dirname) { ${readFileSync(bundle, 'utf8')}\n})`;
const script = new Script(source, { filename: bundle, ...(cachedData ? { cachedData } : {}) });
const run = script.runInThisContext() as (...parts: unknown[]) => void;
const target = { exports: {} };
run.call(target.exports, target.exports, createRequire(bundle), target, bundle, dirname(bundle));
if (isWriting) process.once('beforeExit', () => writeFileSync(cache, script.createCachedData()));

/** Undefined where nothing was kept for this V8: it compiles the source. */
function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
