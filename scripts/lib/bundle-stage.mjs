import { join } from 'node:path';
import { ROOT } from './run.mjs';

const FOLDER = join(ROOT, 'dist/apps/worker/src/child');

/** Joins what a stage process loads into one file: several hundred modules are half a second of CPU, one file is a third of that. */
export async function bundleStage() {
  const { build } = await import('rolldown');
  await build({
    input: join(FOLDER, 'main.js'),
    platform: 'node',
    external: ['onnxruntime-node'],
    output: { file: join(FOLDER, 'main.bundle.js'), format: 'esm', codeSplitting: false },
    logLevel: 'warn',
  });
}
