import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './run.mjs';

const SOURCE = join(ROOT, 'dist/apps/agent/src');
const FOLDER = join(ROOT, 'dist/agent/package');
/** What runs on a device: the agent, and the process in which it measures. */
const ENTRIES = ['main.js', 'child/main.js'];

/**
 * Makes of the agent a package that needs the runtime and nothing else: two files of code. Its version is that of its
 * code, so that an agent knows whether a server serves another.
 */
export async function bundleAgent() {
  const { build } = await import('rolldown');
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  for (const entry of ENTRIES)
    await build({
      input: join(SOURCE, entry),
      platform: 'node',
      external: ['onnxruntime-node'],
      output: { file: join(FOLDER, entry), format: 'esm', codeSplitting: false },
      logLevel: 'warn',
    });
  await writeFile(join(FOLDER, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
}

async function manifest() {
  const read = async (path) => JSON.parse(await readFile(join(ROOT, path), 'utf8'));
  const { version, license, engines } = await read('package.json');
  const hash = createHash('sha256');
  for (const entry of ENTRIES) hash.update(await readFile(join(FOLDER, entry)));
  return {
    name: 'coldpress-agent',
    version: `${version}-${hash.digest('hex').slice(0, 12)}`,
    description: 'Measures models for a Coldpress server.',
    license,
    type: 'module',
    engines,
    bin: { 'coldpress-agent': 'main.js' },
    dependencies: { 'onnxruntime-node': (await read('node_modules/onnxruntime-node/package.json')).version },
    bundleDependencies: ['onnxruntime-node', 'onnxruntime-common'],
  };
}
