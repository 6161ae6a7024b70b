import { Inject, Injectable } from '@nestjs/common';
import type { Config, DatasetRecord, Model, Preflight, Recipe } from '#contracts';
import { DatasetRepository, ModelRepository, type NewJob } from '#database';
import { DocumentError, LIMITS } from '#documents';
import { CONFIG } from '#infrastructure';
import { gateProblems, parseRecipe, planStages, RecipeError, unreadableRecipe, type PlannedStage } from '#pipeline';
import { ApiError, type FieldProblem } from '../problems/api-error.js';
import { Documents } from '../untrusted/documents.js';
import type { JobBodies, JobBody } from './job-body.js';
import { Preflights } from './preflights.js';

interface Planned {
  recipe: Recipe;
  stages: PlannedStage[];
  model: Model;
  dataset: DatasetRecord | null;
}

/** Problems that an answer lists; a batch may have thousands of the same. */
const MAX_PROBLEMS = 100;

/** Turns submissions into jobs that can run, or says everything that keeps them from running. */
@Injectable()
export class SubmissionService {
  constructor(
    private readonly models: ModelRepository,
    private readonly datasets: DatasetRepository,
    private readonly preflights: Preflights,
    private readonly documents: Documents,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Checks without accepting. Throws as `prepare` does for what cannot even be checked: its recipe, model and data set.
   */
  async preflight(body: JobBody): Promise<Preflight> {
    return this.checkOne(await this.plan(body, ''));
  }

  /**
   * Throws RecipeError, NotFoundError, and ApiError `preflight_failed` listing every reason; in a batch with the place
   * of each job.
   */
  async prepare(bodies: JobBodies): Promise<NewJob[]> {
    const list = Array.isArray(bodies) ? bodies : [bodies];
    const placeOf = (index: number) => (Array.isArray(bodies) ? `[${index}].` : '');
    const plans: Planned[] = [];
    for (const [index, body] of list.entries()) plans.push(await this.plan(body, placeOf(index)));
    const checked = await this.check(plans);
    refuseProblems(
      checked.flatMap(({ problems }, index) =>
        problems.map(({ field, message }) => ({ field: `${placeOf(index)}${field}`, message })),
      ),
    );
    return plans.map((plan, index) =>
      toJob(list[index]?.name ?? null, plan, checked[index] ?? { problems: [], skipped: [] }),
    );
  }

  private async plan(body: JobBody, place: string): Promise<Planned> {
    const recipe = await this.recipeOf(body.recipe, place);
    const model = await this.models.require(body.model);
    const dataset = body.dataset ? await this.datasets.require(body.dataset) : null;
    return { recipe, stages: planStages(recipe), model, dataset };
  }

  /** Text is read off the event loop. The recipe's own problems become fields of the submission. */
  private async recipeOf(input: JobBody['recipe'], place: string): Promise<Recipe> {
    try {
      return parseRecipe(typeof input === 'string' ? await this.documents.reader.read(input, LIMITS.recipe) : input);
    } catch (cause) {
      const error = cause instanceof DocumentError ? unreadableRecipe(cause) : cause;
      if (!(error instanceof RecipeError)) throw error;
      throw new RecipeError(
        error.problems.map(({ field, message }) => ({
          field: `${place}${field ? `recipe.${field}` : 'recipe'}`,
          message,
        })),
        { cause: error },
      );
    }
  }

  private async checkOne(plan: Planned): Promise<Preflight> {
    const [checked] = await this.check([plan]);
    return checked ?? { problems: [], skipped: [] };
  }

  private async check(plans: readonly Planned[]): Promise<Preflight[]> {
    const known = await this.known(plans.flatMap(modelsNamed).map(({ digest }) => digest));
    const seen = await this.preflights.of(
      plans.map(({ model, dataset, stages }) => ({ model, dataset, stages })),
      known,
    );
    return plans.map((plan, index) => {
      const missing = modelsNamed(plan)
        .filter(({ digest }) => !known.has(digest))
        .map(({ field, digest }) => ({
          field,
          message: `there is no model ${digest} in the store: upload it with POST /v1/models first`,
        }));
      return {
        problems: [
          ...deniedModules(plan, this.config),
          ...missingLabels(plan),
          ...missing,
          ...(seen[index]?.problems ?? []),
        ],
        skipped: seen[index]?.skipped ?? [],
      };
    });
  }

  /** Those of the digests that are models in the store. */
  private async known(digests: readonly string[]): Promise<Set<string>> {
    const found = await Promise.all(
      [...new Set(digests)].map(async (digest) => ((await this.models.get(digest)) ? [digest] : [])),
    );
    return new Set(found.flat());
  }
}

function modelsNamed({ stages }: Planned): { field: string; digest: string }[] {
  return stages.flatMap(({ index, reads }) =>
    reads.models.map(({ field, digest }) => ({ field: `recipe.passes[${index}].options.${field}`, digest })),
  );
}

function toJob(name: string | null, { recipe, stages, model, dataset }: Planned, preflight: Preflight): NewJob {
  return {
    name,
    modelId: model.id,
    datasetId: dataset?.id ?? null,
    usedModels: stages.flatMap(({ reads }) => reads.models.map(({ digest }) => digest)),
    recipe,
    preflight,
    stages: stages.map(({ pass, options }) => ({ pass, options })),
  };
}

function refuseProblems(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  const listed = problems.slice(0, MAX_PROBLEMS);
  const more = problems.length > listed.length ? `; and ${problems.length - listed.length} more` : '';
  throw new ApiError(
    'preflight_failed',
    listed.map(({ field, message }) => `${field}: ${message}`).join('; ') + more,
    listed,
  );
}

function missingLabels({ recipe, dataset }: Planned): FieldProblem[] {
  if (!dataset) return [];
  return gateProblems(recipe, dataset.inspection).map(({ field, message }) => ({
    field: `recipe.${field}`,
    message,
  }));
}

/** Modules that compute figures run code on the workers: the operator decides whether users may bring any. */
function deniedModules({ stages }: Planned, { customMetrics }: Config): FieldProblem[] {
  if (customMetrics === 'allow') return [];
  return stages
    .filter(({ options }) => options['custom'] !== undefined)
    .map(({ index }) => ({
      field: `recipe.passes[${index}].options.custom`,
      message:
        'this server does not run modules of its users: its operator allows it with COLDPRESS_CUSTOM_METRICS=allow',
    }));
}
