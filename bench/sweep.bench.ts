import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DatasetRecord, Job, Model, Sweep } from '#contracts';
import { checkSpace, parseSweep, planSweep, trialRecipe } from '#pipeline';
import { parse } from 'yaml';
import { round, type BenchResult } from './harness.js';
import { Servers } from './servers.js';

const EXAMPLE = (name: string) => fileURLToPath(new URL(`../../examples/seed-net/${name}`, import.meta.url));

/**
 * The example's sweep of 30 trials against as many separate jobs, each of which computes all of its stages: two stages
 * at a time on the same servers. With `short` it is three widths and two ratios.
 */
export async function run(parts: readonly string[]): Promise<BenchResult[]> {
  const servers = await Servers.open('postgres', { concurrency: 2 });
  try {
    const document = parseSweep(await readFile(EXAMPLE('sweep.yaml'), 'utf8'));
    if (parts.includes('short')) document.passes[1]!.options['ratio'] = { grid: [0, 0.5] };
    const subject = await upload(servers);
    const startedAt = performance.now();
    const launched = await servers.call<Sweep>('POST', '/v1/sweeps', { ...subject, sweep: document });
    await servers.follow(`/v1/sweeps/${launched.id}`);
    const sweepS = (performance.now() - startedAt) / 1000;
    const sweep = await servers.call<Sweep>('GET', `/v1/sweeps/${launched.id}`);
    const separateS = await separately(servers, document, subject);
    return [
      {
        trials: sweep.counts.complete + sweep.counts.stopped,
        failed: sweep.counts.failed,
        stages: sweep.cost.stages,
        stagesForeseen: sweep.forecast.stagesDistinct,
        stagesDistinct: sweep.cost.stagesDistinct,
        stagesExecuted: sweep.cost.stagesExecuted,
        sweepS: round(sweepS),
        separateS: round(separateS),
        speedup: round(separateS / sweepS),
      },
    ];
  } finally {
    await servers.stop();
  }
}

interface Subject {
  model: string;
  dataset: string;
}

async function upload(servers: Servers): Promise<Subject> {
  const model = await servers.call<Model>(
    'POST',
    '/v1/models',
    new Uint8Array(await readFile(EXAMPLE('seed-net.onnx'))),
  );
  const form = new FormData();
  const manifest = JSON.stringify(parse(await readFile(EXAMPLE('dataset.yaml'), 'utf8')));
  form.append('manifest', new Blob([manifest]), 'dataset.json');
  for (const name of ['mnist-train.npz', 'mnist-test.npz'])
    form.append('file', new Blob([new Uint8Array(await readFile(EXAMPLE(name)))]), name);
  return { model: model.id, dataset: (await servers.call<DatasetRecord>('POST', '/v1/datasets', form)).id };
}

/** Seconds for a job each; another seed for each, so that none finds what another has computed. */
async function separately(
  servers: Servers,
  document: ReturnType<typeof parseSweep>,
  subject: Subject,
): Promise<number> {
  const plan = planSweep(document);
  const { valid } = await checkSpace(plan);
  const recipes = valid.flatMap(({ assignment }, at) => {
    const made = trialRecipe(plan, assignment);
    return 'recipe' in made ? [{ ...made.recipe, seed: 1000 + at }] : [];
  });
  const startedAt = performance.now();
  const jobs = await servers.call<Job[]>(
    'POST',
    '/v1/jobs',
    recipes.map((recipe) => ({ ...subject, recipe })),
  );
  for (const { id } of jobs) await servers.follow(`/v1/jobs/${id}`);
  return (performance.now() - startedAt) / 1000;
}
