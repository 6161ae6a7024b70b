import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { Dataset, Model, Preflight, Recipe } from '#contracts';
import { DatasetRepository, ModelRepository, type NewJob } from '#database';
import { DocumentError, LIMITS } from '#documents';
import { gateProblems, parseRecipe, planStages, RecipeError, unreadableRecipe, type PlannedStage } from '#pipeline';
import type { ArtifactStore } from '#storage';
import { STORE } from '../infrastructure/tokens.js';
import { ApiError, type FieldProblem } from '../problems/api-error.js';
import { Documents } from '../untrusted/documents.js';
import { Untrusted } from '../untrusted/untrusted.js';
import { Spool } from '../uploads/spool.js';
import type { JobBody } from './job-body.js';

interface Planned {
  recipe: Recipe;
  stages: PlannedStage[];
  model: Model;
  dataset: Dataset | null;
}

/** Turns a submission into a job that can run, or says everything that keeps it from running. */
@Injectable()
export class SubmissionService {
  constructor(
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly models: ModelRepository,
    private readonly datasets: DatasetRepository,
    private readonly spool: Spool,
    private readonly untrusted: Untrusted,
    private readonly documents: Documents,
  ) {}

  /** Checks without accepting. Throws as `prepare` does for what cannot even be checked: its recipe, model and data set. */
  async preflight(body: JobBody): Promise<Preflight> {
    return this.check(await this.plan(body));
  }

  /** Throws RecipeError, NotFoundError, and ApiError `preflight_failed` listing every reason. */
  async prepare(body: JobBody): Promise<NewJob> {
    const plan = await this.plan(body);
    const preflight = await this.check(plan);
    if (preflight.problems.length > 0) {
      throw new ApiError('preflight_failed', preflight.problems.map(({ field, message }) => `${field}: ${message}`).join('; '), preflight.problems);
    }
    return {
      name: body.name ?? null,
      modelId: plan.model.id,
      datasetId: plan.dataset?.id ?? null,
      usedModels: plan.stages.flatMap(({ reads }) => reads.models.map(({ digest }) => digest)),
      recipe: plan.recipe,
      preflight,
      stages: plan.stages.map(({ pass, options }) => ({ pass, options })),
    };
  }

  private async plan(body: JobBody): Promise<Planned> {
    const recipe = await this.recipeOf(body.recipe);
    const model = await this.models.require(body.model);
    const dataset = body.dataset ? await this.datasets.require(body.dataset) : null;
    return { recipe, stages: planStages(recipe), model, dataset };
  }

  /** Text is read off the event loop. The recipe's own problems become fields of the submission. */
  private async recipeOf(input: JobBody['recipe']): Promise<Recipe> {
    try {
      return parseRecipe(typeof input === 'string' ? await this.documents.reader.read(input, LIMITS.recipe) : input);
    } catch (cause) {
      const error = cause instanceof DocumentError ? unreadableRecipe(cause) : cause;
      if (!(error instanceof RecipeError)) throw error;
      throw new RecipeError(error.problems.map(({ field, message }) => ({ field: field ? `recipe.${field}` : 'recipe', message })), { cause: error });
    }
  }

  private async check(plan: Planned): Promise<Preflight> {
    const named = plan.stages.flatMap(({ index, reads }) => reads.models.map(({ field, digest }) => ({ field: `recipe.passes[${index}].options.${field}`, digest })));
    const known = await this.known(named.map(({ digest }) => digest));
    const missing = named.filter(({ digest }) => !known.has(digest)).map(({ field, digest }) => ({ field, message: `there is no model ${digest} in the store: upload it with POST /v1/models first` }));
    const seen = await this.spool.withFolder(async (folder) => {
      const place = async (digest: string) => {
        const path = join(folder, `${digest}.onnx`);
        await this.store.getToFile(digest, path);
        return { path, digest };
      };
      const models = await Promise.all([...known].map(place));
      const { path: modelPath } = await place(plan.model.id);
      const passes = plan.stages.map(({ pass, options }) => ({ pass, options }));
      return this.untrusted.preflight({ modelPath, dataset: plan.dataset?.inspection ?? null, passes, models });
    });
    return { problems: [...missingLabels(plan), ...missing, ...seen.problems], skipped: seen.skipped };
  }

  /** Those of the digests that are models in the store. */
  private async known(digests: readonly string[]): Promise<Set<string>> {
    const found = await Promise.all([...new Set(digests)].map(async (digest) => ((await this.models.get(digest)) ? [digest] : [])));
    return new Set(found.flat());
  }
}

function missingLabels({ recipe, dataset }: Planned): FieldProblem[] {
  if (!dataset) return [];
  return gateProblems(recipe, { hasLabels: dataset.inspection.classes !== null }).map(({ field, message }) => ({ field: `recipe.${field}`, message }));
}
