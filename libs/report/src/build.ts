import {
  PASSES,
  recipeTitle,
  type Job,
  type ModelMetrics,
  type Report,
  type ReportedBenchmark,
  type ReportedStage,
} from '#contracts';
import { isPassName, planStages, verdict } from '#pipeline';
import { decidedRecipe } from './decided-recipe.js';

/** What a report tells besides the records of its job. */
export interface Circumstances {
  model: { digest: string; name: string };
  dataset: { digest: string; name: string } | null;
  versions: Record<string, string>;
  machine: string;
  createdAt: Date;
  devices?: readonly ReportedBenchmark[];
}

/** A stage's figures with all its sizes, by its index. */
export type MeasuredStages = ReadonlyMap<number, ModelMetrics>;

/** The report of a job whose stages have all ended. `figures` are those of the stages that have some. */
export function buildReport(
  job: Job,
  baseline: ModelMetrics,
  figures: MeasuredStages,
  { model, dataset, versions, machine, createdAt, devices = [] }: Circumstances,
): Report {
  const final = [...figures.values()].at(-1) ?? baseline;
  return {
    format: 'coldpress-report',
    formatVersion: 1,
    job: job.id,
    title: job.name ?? job.recipe.name ?? recipeTitle(job.recipe),
    name: job.name,
    createdAt: createdAt.toISOString(),
    model: job.modelId,
    dataset: job.datasetId,
    recipe: job.recipe,
    baseline,
    final,
    verdict: verdict(baseline, final),
    stages: reportedStages(job, figures),
    gates: job.gates,
    ...(devices.length > 0 ? { devices: [...devices] } : {}),
    reproduction: {
      model,
      dataset,
      recipe: decidedRecipe(job),
      seed: job.recipe.seed,
      models: job.stages.map(({ modelDigest }) => modelDigest),
      versions,
      machine,
    },
  };
}

function reportedStages({ stages, recipe }: Job, figures: MeasuredStages): ReportedStage[] {
  const planned = planStages(recipe);
  return stages.map(({ index, pass, options, key, cached, modelDigest, skipped, summary, seconds }) => ({
    pass,
    passVersion: planned[index]?.version ?? (isPassName(pass) ? PASSES[pass].version : 0),
    options: planned[index]?.options ?? options,
    key,
    cached,
    modelDigest,
    metrics: figures.get(index) ?? null,
    skipped,
    summary,
    seconds,
  }));
}
