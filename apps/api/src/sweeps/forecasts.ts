import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { PASSES, type SamplerName, type SweepDocument, type SweepForecast } from '#contracts';
import { StageMachineRepository, StageResultRepository } from '#database';
import {
  cachedStages,
  checkSpace,
  estimateStages,
  measuredProblems,
  parametersOf,
  planSweep,
  stageRuntime,
  stageTree,
  trialsOf,
  widthModel,
  type PlannedStage,
  type SpaceCheck,
  type SweepPlan,
} from '#pipeline';
import { ModelChecks } from './model-checks.js';
import type { SweepSubject } from './sweep-subject.js';

/** Says what a sweep will take before it is launched, and what keeps it from being launched. */
@Injectable()
export class Forecasts {
  constructor(
    private readonly machines: StageMachineRepository,
    private readonly results: StageResultRepository,
    private readonly checks: ModelChecks,
  ) {}

  /** The document comes back with its number of trials. Throws SweepError for one that makes no space or no recipe. */
  async of(subject: SweepSubject): Promise<{ document: SweepDocument; forecast: SweepForecast }> {
    const plan = planSweep(subject.document);
    const check = await checkSpace(plan, () => nextTurn());
    const chosen = trialsOf(plan, check);
    const { problems, skipped, infeasible, preflights } = await this.checks.of(check, subject);
    const isModelled = await this.isModelled(plan, subject);
    const forecast = {
      problems: [...unlabelled(subject, check), ...unknownModel(chosen.sampler, isModelled), ...problems],
      parameters: parametersOf(plan),
      spaceSize: Number.isFinite(plan.size) ? plan.size : null,
      checked: check.checked,
      infeasible: [...check.infeasible, ...infeasible],
      skipped,
      preflights,
      sampler: chosen.sampler === 'auto' && isModelled ? ('model' as const) : chosen.sampler,
      trials: chosen.trials,
      isExact: chosen.isExact,
      ...(await this.stagesOf(plan, chosen.recipes, subject)),
    };
    const limits = { ...subject.document.limits, trials: chosen.trials };
    return { document: { ...subject.document, limits }, forecast };
  }

  private async stagesOf(
    plan: SweepPlan,
    recipes: readonly (readonly PlannedStage[])[],
    { model, dataset }: SweepSubject,
  ) {
    const nodes = stageTree(recipes);
    const cached = await cachedStages(nodes, {
      model: model.id,
      dataset: dataset?.id ?? null,
      seed: plan.document.seed,
      runtimes: await this.runtimes(),
      find: (keys) => this.results.known(keys),
    });
    const left = nodes.filter((node) => !cached.has(node)).map(({ stage }) => stage);
    return {
      stages: recipes.reduce((sum, stages) => sum + stages.length, 0),
      stagesDistinct: nodes.length,
      stagesCached: cached.size,
      ...estimateStages(left, await this.results.earlierOn(model.id), (pass) => PASSES[pass].changes),
    };
  }

  /** Whether widths that the space searches were measured. */
  private async isModelled(plan: SweepPlan, { model, dataset }: SweepSubject): Promise<boolean> {
    return widthModel(plan, await this.results.analysisOf(model.id, dataset?.id ?? null)) !== null;
  }

  /** A worker of an earlier version has not said what enters its keys: what it has stored is not counted as cached. */
  private async runtimes(): Promise<((stage: PlannedStage) => string)[]> {
    return (await this.machines.list()).map(stageRuntime);
  }
}

/** A sampler that would have nothing to begin with. */
function unknownModel(sampler: SamplerName, isModelled: boolean): SweepForecast['problems'] {
  if (sampler !== 'model' || isModelled) return [];
  const message =
    'no width of a layer that is searched was measured on this model and data set: run a job with analyze on them first, or choose auto';
  return [{ field: 'sweep.sampler', message }];
}

/** Objectives and constraints that this data set has no labels for. */
function unlabelled({ document, dataset }: SweepSubject, { valid }: SpaceCheck): SweepForecast['problems'] {
  const [first] = valid;
  if (!dataset || !first) return [];
  const passes = first.stages.map(({ pass, options }) => ({ pass, options }));
  return measuredProblems(document, passes, dataset.inspection).map((problem) => ({
    ...problem,
    field: `sweep.${problem.field}`,
  }));
}
