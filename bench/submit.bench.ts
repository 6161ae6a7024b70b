import type { Job, Model } from '#contracts';
import { writeModel } from '#onnx';
import { convNet } from '#testing';
import { round, type BenchResult } from './harness.js';
import { Servers } from './servers.js';

const JOBS = 1000;
const BATCH = 100;
/** Recipes that differ among them. */
const RECIPES = 10;

/** Jobs submitted to an API without a worker, in batches of 100 and one by one, ten recipes among them. */
export async function run(parts: readonly string[]): Promise<BenchResult[]> {
  const jobs = Number(parts.find((part) => /^\d+$/.test(part)) ?? JOBS);
  const servers = await Servers.open('postgres');
  try {
    await servers.kill('worker');
    const bytes = new Uint8Array(writeModel(convNet({ channels: [1, 4, 4], size: 8, classes: 4 })));
    const model = await servers.call<Model>('POST', '/v1/models', bytes);
    const results: BenchResult[] = [];
    for (const [at, batch] of [BATCH, 1].entries()) {
      const startedAt = performance.now();
      await submit(servers, { model: model.id, jobs, batch, offset: at * RECIPES });
      const acceptedS = (performance.now() - startedAt) / 1000;
      results.push({ jobs, batch, recipes: RECIPES, acceptedS: round(acceptedS), jobsPerS: round(jobs / acceptedS) });
    }
    return results;
  } finally {
    await servers.stop();
  }
}

interface Submitted {
  model: string;
  jobs: number;
  batch: number;
  /** So that no recipe of the other round is among them. */
  offset: number;
}

async function submit(servers: Servers, { model, jobs, batch, offset }: Submitted): Promise<void> {
  for (let from = 0; from < jobs; from += batch) {
    const list = Array.from({ length: Math.min(batch, jobs - from) }, (_, at) => {
      const ratio = 0.1 + ((from + at) % RECIPES) / 100 + offset / 1000;
      return { model, recipe: { passes: [{ pass: 'prune', options: { granularity: 'weight', ratio } }] } };
    });
    const [only] = list;
    await servers.call<Job | Job[]>('POST', '/v1/jobs', batch === 1 ? only : list);
  }
}
