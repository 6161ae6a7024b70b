import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type SamplerName, type SweepDocument, type SweepForecast } from '#contracts';
import { StageResultRepository } from '#database';
import {
  beginsWithModel,
  checkSpace,
  covers,
  measuredProblems,
  parametersOf,
  planSweep,
  surveyOf,
  trialsOf,
  type SpaceCheck,
  type SweepPlan,
} from '#pipeline';
import { StageForecasts } from '../jobs/stage-forecasts.js';
import { ModelChecks } from './model-checks.js';
import type { SweepSubject } from './sweep-subject.js';

/** Says what a sweep will take before it is launched, and what keeps it from being launched. */
@Injectable()
export class Forecasts {
  constructor(
    private readonly stages: StageForecasts,
    private readonly results: StageResultRepository,
    private readonly checks: ModelChecks,
  ) {}

  /** The document comes back with its number of trials. Throws SweepError for one that makes no space or no recipe. */
  async of(subject: SweepSubject): Promise<{ document: SweepDocument; forecast: SweepForecast }> {
    const plan = planSweep(subject.document);
    const check = await checkSpace(plan, () => nextTurn());
    const chosen = await trialsOf(plan, check, () => nextTurn());
    const { problems, skipped, infeasible, preflights } = await this.checks.of(check, subject);
    const survey = beginsWithModel(chosen.sampler) ? await this.surveyFor(plan, chosen.sampler, subject) : undefined;
    const forecast = {
      problems: [...unlabelled(subject, check), ...unknownModel(chosen.sampler, survey !== undefined), ...problems],
      parameters: parametersOf(plan),
      spaceSize: Number.isFinite(plan.size) ? plan.size : null,
      checked: check.checked,
      infeasible: [...check.infeasible, ...infeasible],
      skipped,
      preflights,
      sampler: chosen.sampler === 'auto' && survey ? ('model' as const) : chosen.sampler,
      ...(survey ? { survey } : {}),
      trials: chosen.trials,
      ...(chosen.counted === chosen.trials ? {} : { counted: chosen.counted }),
      isExact: chosen.isExact,
      ...(await this.stages.of(chosen.recipes, { ...subject, seed: plan.document.seed })),
    };
    const limits = { ...subject.document.limits, trials: chosen.trials };
    return { document: { ...subject.document, limits }, forecast };
  }

  /** Whether what a model of the space rests on is stored; sampler model measures it first where it is not. */
  private async surveyFor(plan: SweepPlan, sampler: SamplerName, { model, dataset }: SweepSubject) {
    const wanted = surveyOf(plan);
    if (!wanted) return undefined;
    const earlier = await this.results.analysesOf(model.id, dataset?.id ?? null);
    if (earlier.some((stage) => covers(stage, wanted))) return 'stored' as const;
    return sampler === 'model' && dataset ? ('first' as const) : undefined;
  }
}

/** A sampler that would have nothing to begin with. */
function unknownModel(sampler: SamplerName, isModelled: boolean): SweepForecast['problems'] {
  if (sampler !== 'model' || isModelled) return [];
  const message =
    'a model of the space foresees widths of layers and shares of channels, on a data set: search weightBits, layerBits, or ratio or layerLimits of a prune of channels, name a data set, or choose auto';
  return [{ field: 'sweep.sampler', message }];
}

/** Objectives and constraints that this data set has no labels for. */
function unlabelled({ document, dataset }: SweepSubject, { valid }: SpaceCheck): SweepForecast['problems'] {
  const [first] = valid;
  if (!dataset || !first) return [];
  const passes = first.stages.map(({ pass, options }) => ({ pass, options }));
  const problems = measuredProblems(document, passes, dataset.inspection);
  return problems.map((problem) => ({ ...problem, field: `sweep.${problem.field}` }));
}
