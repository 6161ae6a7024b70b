import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { capture, ROOT } from './run.mjs';

const FOLDER = join(ROOT, 'dist/apps/worker/src/child');
/**
 * V8 flags of stage processes, as libs/process gives them: none where Node's own heap limit is the ceiling, and the
 * default ceiling elsewhere.
 */
const FLAGS = [[], ['--max-old-space-size=4096']];

/**
 * Joins what a stage process loads into one file and keeps what V8 compiles of it. Several hundred modules are half a
 * second of CPU, one file is a third of that, compiled code a fifth. No module acts by being loaded, so that those of
 * which nothing is used (schemas of sweeps and devices, say) are left out.
 */
export async function bundleStage() {
  const { build } = await import('rolldown');
  // V8 tells stale code by the source's length alone: it goes before the source does.
  for (const name of await readdir(FOLDER)) if (name.endsWith('.cache')) await rm(join(FOLDER, name));
  await build({
    input: join(FOLDER, 'main.js'),
    platform: 'node',
    external: ['onnxruntime-node', 'sharp'],
    output: { file: join(FOLDER, 'main.bundle.cjs'), format: 'cjs', codeSplitting: false },
    treeshake: { moduleSideEffects: false },
    logLevel: 'warn',
  });
  for (const flags of FLAGS) await capture(process.execPath, [...flags, join(FOLDER, 'launch.cjs'), '--write-cache']);
}
