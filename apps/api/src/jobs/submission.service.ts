import { Inject, Injectable } from '@nestjs/common';
import type { Config, DatasetRecord, JobCheck, Model, Preflight, Recipe } from '#contracts';
import { DatasetRepository, DeviceRepository, ModelRepository, type NewJob } from '#database';
import { DocumentError, LIMITS } from '#documents';
import { CONFIG } from '#infrastructure';
import {
  gateProblems,
  namesDevices,
  parseRecipe,
  planStages,
  rangeForDevices,
  RecipeError,
  unreadableRecipe,
  type PlannedStage,
} from '#pipeline';
import { ApiError, type FieldProblem } from '../problems/api-error.js';
import { Documents } from '../untrusted/documents.js';
import type { JobBodies, JobBody } from './job-body.js';
import { deniedModules } from './denied-modules.js';
import { StageForecasts } from './stage-forecasts.js';
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
    private readonly devices: DeviceRepository,
    private readonly preflights: Preflights,
    private readonly forecasts: StageForecasts,
    private readonly documents: Documents,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Checks without accepting. Throws as `prepare` does for what cannot even be checked: its recipe, model and data set.
   */
  async preflight(body: JobBody): Promise<JobCheck> {
    const plans = await this.planAll([body], () => '');
    const [plan] = plans;
    const [checked = { problems: [], skipped: [] }] = await this.check(plans);
    if (plan === undefined || checked.problems.length > 0) return { ...checked, forecast: null };
    const { model, dataset, recipe, stages } = plan;
    return { ...checked, forecast: await this.forecasts.of([stages], { model, dataset, seed: recipe.seed }) };
  }

  /**
   * Throws RecipeError, NotFoundError, and ApiError `preflight_failed` listing every reason; in a batch with the place
   * of each job.
   */
  async prepare(bodies: JobBodies): Promise<NewJob[]> {
    const list = Array.isArray(bodies) ? bodies : [bodies];
    const placeOf = (index: number) => (Array.isArray(bodies) ? `[${index}].` : '');
    const plans = await this.planAll(list, placeOf);
    const checked = await this.check(plans);
    refuseProblems(
      checked.flatMap(({ problems }, index) =>
        problems.map(({ field, message }) => ({ field: `${placeOf(index)}${field}`, message })),
      ),
    );
    const clean: Preflight = { problems: [], skipped: [] };
    return plans.map((plan, index) => toJob(list[index]?.name ?? null, plan, checked[index] ?? clean));
  }

  /** Models and data sets that several of the bodies name are looked up once. */
  private async planAll(bodies: readonly JobBody[], placeOf: (index: number) => string): Promise<Planned[]> {
    const models = onceEach((id: string) => this.models.require(id));
    const datasets = onceEach((id: string) => this.datasets.require(id));
    const plans: Planned[] = [];
    for (const [index, body] of bodies.entries()) {
      const recipe = await this.forDevices(await this.recipeOf(body.recipe, placeOf(index)));
      const model = await models(body.model);
      const dataset = body.dataset ? await datasets(body.dataset) : null;
      plans.push({ recipe, stages: planStages(recipe), model, dataset });
    }
    return plans;
  }

  /** What the devices that a recipe names decide is written out in the job's own recipe. */
  private async forDevices(recipe: Recipe): Promise<Recipe> {
    return namesDevices(recipe) ? rangeForDevices(recipe, await this.devices.list()) : recipe;
  }

  /** Text is read off the event loop. The recipe's own problems become fields of the submission. */
  private async recipeOf(input: JobBody['recipe'], place: string): Promise<Recipe> {
    try {
      return parseRecipe(typeof input === 'string' ? await this.documents.reader.read(input, LIMITS.recipe) : input);
    } catch (cause) {
      const error = cause instanceof DocumentError ? unreadableRecipe(cause) : cause;
      if (!(error instanceof RecipeError)) throw error;
      const problems = error.problems.map(({ field, message }) => ({
        field: `${place}${field ? `recipe.${field}` : 'recipe'}`,
        message,
      }));
      throw new RecipeError(problems, { cause: error });
    }
  }

  private async check(plans: readonly Planned[]): Promise<Preflight[]> {
    const known = await this.known(plans.flatMap(modelsNamed).map(({ digest }) => digest));
    const subjects = plans.map(({ model, dataset, stages }) => ({ model, dataset, stages }));
    const seen = await this.preflights.of(subjects, known);
    return plans.map((plan, index) => {
      const absent = modelsNamed(plan).filter(({ digest }) => !known.has(digest));
      const missing = absent.map(({ field, digest }) => ({
        field,
        message: `there is no model ${digest} in the store: upload it with POST /v1/models first`,
      }));
      const { problems = [], skipped = [] } = seen[index] ?? {};
      const ofPlan = [...deniedModules(plan.stages, this.config), ...missingLabels(plan), ...missing];
      return { problems: [...ofPlan, ...problems], skipped };
    });
  }

  /** Those of the digests that are models in the store. */
  private async known(digests: readonly string[]): Promise<Set<string>> {
    const present = async (digest: string) => ((await this.models.get(digest)) ? [digest] : []);
    const found = await Promise.all([...new Set(digests)].map(present));
    return new Set(found.flat());
  }
}

/** Asks for each key once, however often it is called. */
function onceEach<K, V>(ask: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const asked = new Map<K, Promise<V>>();
  return (key) => {
    const answer = asked.get(key) ?? ask(key);
    asked.set(key, answer);
    return answer;
  };
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
  const detail = listed.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new ApiError('preflight_failed', detail + more, listed);
}

function missingLabels({ recipe, dataset }: Planned): FieldProblem[] {
  if (!dataset) return [];
  const problems = gateProblems(recipe, dataset.inspection);
  return problems.map(({ field, message }) => ({ field: `recipe.${field}`, message }));
}
