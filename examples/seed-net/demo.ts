import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '#client';
import { formatLatencyRatio, type Job, type StageMetrics } from '#contracts';
import { filesOf } from '../../apps/cli/src/local-dataset.js';
import { gateLines, metricsTable } from '../../apps/cli/src/job-table.js';
import { showProgress } from '../../apps/cli/src/progress.js';
import { pushDataset, pushModel } from '../../apps/cli/src/uploads.js';
import { watchJob } from '../../apps/cli/src/watch-job.js';
import { withServer } from '../lib/with-server.js';

/** The example's files, from the source tree: this module runs from dist/. */
const FOLDER = fileURLToPath(new URL('../../../examples/seed-net/', import.meta.url));

/** Where a reader of the figures may want to go. */
const NEXT = `
Where to go next
  npm start              the server with its pages; prints the address and an API key
  docs/first-model.md    your own model: from an export and its data to a small file
  examples/seed-net/     the model, the data and the recipe of this run`;

/** Compresses seed-net over REST on a server of its own and prints the evidence; exits 0 when every gate holds. */
async function main(): Promise<void> {
  const json = process.argv.includes('--json');
  const say = (text: string) => (json ? process.stderr : process.stdout).write(`${text}\n`);
  const started = performance.now();
  say('Starting PostgreSQL, API and worker …');
  await withServer(async ({ client, url, log }) => {
    say(`Ready at ${url}. Submitting quantize → prune → distill → evaluate for seed-net.\n`);
    const job = await compress(client);
    const seconds = (performance.now() - started) / 1000;
    say(`\n${metricsTable(job)}\n\n${gateLines(job)}\n\n${summary(job, seconds)}`);
    if (job.state === 'succeeded') say(NEXT);
    if (json) process.stdout.write(`${JSON.stringify(evidence(job, seconds))}\n`);
    process.exitCode = job.state === 'succeeded' && job.gatesPassed ? 0 : 1;
    if (job.error) say(`${job.state}: ${job.error.message}\n${log.slice(-20).join('\n')}`);
  });
}

/** What a client does: push the model, push the data, submit the recipe, follow the events. */
async function compress(client: Client): Promise<Job> {
  const model = await pushModel(client, join(FOLDER, 'seed-net.onnx'));
  const manifest = join(FOLDER, 'dataset.yaml');
  const dataset = await pushDataset(client, manifest, await filesOf(manifest));
  const recipe = await readFile(join(FOLDER, 'recipe.yaml'), 'utf8');
  const job = await client.submitJob({ body: { name: 'demo', model: model.id, dataset: dataset.id, recipe } });
  await showProgress(watchJob(client, job.id), process.stderr);
  return client.getJob({ id: job.id });
}

function summary(job: Job, seconds: number): string {
  const final = job.stages.findLast((stage) => stage.metrics)?.metrics;
  if (!job.baseline || !final) return `the job ended as ${job.state} after ${seconds.toFixed(0)} s`;
  const { latencyRatio } = final;
  const isFaster = latencyRatio?.verdict === 'faster';
  const words =
    latencyRatio &&
    (isFaster ? `${(1 / latencyRatio.ratio).toFixed(1)}× faster` : `latency ${formatLatencyRatio(latencyRatio)}`);
  const speedup = words ? `, ${words}` : '';
  return `${(job.baseline.bytes / final.bytes).toFixed(1)}× smaller${speedup}, in ${seconds.toFixed(0)} s.`;
}

/** The document that --json prints last. */
function evidence(job: Job, seconds: number) {
  const figures = (metrics: StageMetrics | null) =>
    metrics &&
    (({ bytes, compressedBytes, parameters, nonZeros, top1, latencyMsP50, latencyMsP95 }) => ({
      bytes,
      compressedBytes,
      parameters,
      nonZeros,
      top1,
      latencyMsP50,
      latencyMsP95,
    }))(metrics);
  return {
    baseline: figures(job.baseline),
    stages: job.stages.map((stage) => ({
      pass: stage.pass,
      cached: stage.cached,
      seconds: stage.seconds,
      skipped: stage.skipped,
      ...figures(stage.metrics),
    })),
    final: figures(job.stages.at(-1)?.metrics ?? null),
    gates: job.gates,
    seconds,
  };
}

await main();
