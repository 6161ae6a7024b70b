import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '#client';
import { filesOf } from '../../apps/cli/src/local-dataset.js';
import { gateLines, metricsTable } from '../../apps/cli/src/job-table.js';
import { showProgress } from '../../apps/cli/src/progress.js';
import { pushDataset, pushModel } from '../../apps/cli/src/uploads.js';
import { watchJob } from '../../apps/cli/src/watch-job.js';
import { withServer } from '../lib/with-server.js';

/** The examples' files, from the source tree: this module runs from dist/. */
const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** Teaches LeNet-5 to a student of half its width and quantizes it; exits 0 when every gate holds. */
await withServer(async ({ client }) => {
  const model = await pushModel(client, join(EXAMPLES, 'lenet/lenet-5.onnx'));
  const dataset = await pushDigits(client);
  const recipe = await readFile(join(EXAMPLES, 'lenet/half-width.yaml'), 'utf8');
  const { id } = await client.submitJob({ body: { model: model.id, dataset: dataset.id, recipe } });
  await showProgress(watchJob(client, id), process.stderr);
  const job = await client.getJob({ id });
  process.stdout.write(`\n${metricsTable(job)}\n\n${gateLines(job)}\n${job.error ? `${job.error.message}\n` : ''}`);
  process.exitCode = job.state === 'succeeded' && job.gatesPassed ? 0 : 1;
});

/** The manifest and the digits that it names, brought together in one folder. */
async function pushDigits(client: Client) {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-digits-'));
  try {
    const manifest = join(folder, 'dataset.yaml');
    await copyFile(join(EXAMPLES, 'lenet/dataset.yaml'), manifest);
    const files = await filesOf(manifest);
    for (const file of files) await copyFile(join(EXAMPLES, 'seed-net', file), join(folder, file));
    return await pushDataset(client, manifest, files);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
