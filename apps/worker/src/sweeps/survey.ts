import { isFinal, type JobState, type QueueEntry } from '#contracts';
import type { ModelRepository, StageResultRepository, SweepSession } from '#database';
import {
  beginsWithModel,
  covers,
  measuresOf,
  NOTHING_MEASURED,
  planStages,
  samplerOf,
  surveyOf,
  type SpaceMeasures,
  type SweepPlan,
} from '#pipeline';

/** What the model of a sweep's space rests on, or that it is to be measured first. */
export type Survey = { measures: SpaceMeasures } | { measures: null };

const NOTHING: Survey = { measures: NOTHING_MEASURED };

/**
 * Finds what was measured of the model before, or, with sampler `model`, what a job of the sweep's own measures; which of
 * them is kept with the sweep, so that every process searches alike.
 */
export class Surveys {
  constructor(
    private readonly models: ModelRepository,
    private readonly results: StageResultRepository,
  ) {}

  async of(session: SweepSession, plan: SweepPlan): Promise<Survey> {
    const sampler = samplerOf(plan);
    const wanted = beginsWithModel(sampler) ? surveyOf(plan) : null;
    if (!wanted) return NOTHING;
    const { survey, modelId, datasetId, asked } = session.sweep;
    if (survey) return survey.jobId === null ? NOTHING : this.toldBy(survey.jobId, modelId);
    const earlier = await this.results.analysesOf(modelId, datasetId);
    const found = earlier.find((stage) => covers(stage, wanted));
    if (found) {
      await session.setSurvey({ jobId: found.jobId, isOwn: false });
      return { measures: measuresOf(found.summary, await this.bytesOf(modelId)) };
    }
    if (sampler === 'model' && asked === 0) return { measures: null };
    await session.setSurvey({ jobId: null, isOwn: false });
    return NOTHING;
  }

  private async toldBy(jobId: string, modelId: string): Promise<Survey> {
    const stage = await this.results.analysisIn(jobId);
    if (stage && !isFinal(stage.jobState as JobState)) return { measures: null };
    if (stage?.jobState !== 'succeeded') return NOTHING;
    return { measures: measuresOf(stage.summary, await this.bytesOf(modelId)) };
  }

  private async bytesOf(modelId: string): Promise<number | null> {
    return (await this.models.get(modelId))?.bytes ?? null;
  }
}

/** Begins the job that measures, once; returns what the queue is to be given. */
export async function beginSurvey(session: SweepSession, plan: SweepPlan): Promise<QueueEntry[]> {
  const { survey, modelId, datasetId, document } = session.sweep;
  const options = survey ? null : surveyOf(plan);
  if (!options) return [];
  const recipe = { seed: document.seed, passes: [{ pass: 'analyze' as const, options }], gates: [] };
  const stages = planStages(recipe).map(({ pass, options: canonical }) => ({ pass, options: canonical }));
  const preflight = { problems: [], skipped: [] };
  const name = 'what the sweep foresees its trials by';
  return [await session.measure({ name, modelId, datasetId, recipe, preflight, stages })];
}
