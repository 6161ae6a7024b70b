import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import {
  CUT_OFF,
  hasEnded,
  isFinal,
  type Assignment,
  type Model,
  type Sweep,
  type SweepChange,
  type SweepDocument,
  type SweepResults,
  type Trial,
} from '#contracts';
import {
  JobRepository,
  ModelRepository,
  StageResultRepository,
  SweepRepository,
  SweepSessions,
  SweepStateError,
  TrialRepository,
} from '#database';
import { STORE } from '#infrastructure';
import {
  assertSameGoals,
  checkAssignment,
  isInSpace,
  measuresOf,
  newTrialOf,
  planSweep,
  spaceReport,
  SweepError,
  sweepResults,
  trialLimit,
  trialsCsv,
  type SweepPlan,
} from '#pipeline';
import type { ArtifactStore } from '#storage';
import { Dispatcher } from '../jobs/dispatcher.js';
import { ApiError } from '../problems/api-error.js';
import { Untrusted } from '../untrusted/untrusted.js';
import { Spool } from '../uploads/spool.js';
import { LaunchService, refuseProblems } from './launch.service.js';

/** What is done with a sweep once it is launched. */
@Injectable()
export class SweepsService {
  constructor(
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly sweeps: SweepRepository,
    private readonly trials: TrialRepository,
    private readonly sessions: SweepSessions,
    private readonly jobs: JobRepository,
    private readonly models: ModelRepository,
    private readonly stageResults: StageResultRepository,
    private readonly launches: LaunchService,
    private readonly dispatcher: Dispatcher,
    private readonly spool: Spool,
    private readonly untrusted: Untrusted,
  ) {}

  /** Ends the sweep and the jobs of its trials. Throws NotFoundError and SweepStateError. */
  async cancel(id: string): Promise<Sweep> {
    await this.sweeps.cancel(id);
    await this.sessions.run(id, (session) => session.cutOff(CUT_OFF));
    for (const jobId of await this.sweeps.openJobs(id)) {
      const job = await this.jobs.cancel(jobId);
      if (isFinal(job.state)) this.dispatcher.withdraw(await this.jobs.queueEntry(jobId));
    }
    return this.sweeps.require(id);
  }

  /**
   * Gives it more trials or time, another parallelism, or a wider space. A sweep that has ended goes on where it is
   * given more.
   */
  async change(id: string, { sweep: space, trials, minutes, parallel }: SweepChange): Promise<Sweep> {
    const sweep = await this.sweeps.require(id);
    const given = overrides({ trials, minutes, parallel });
    const limited = (document: SweepDocument): SweepDocument => ({
      ...document,
      limits: { ...document.limits, ...given },
    });
    if (space === undefined && trials === undefined)
      return this.sweeps.change(id, { changed: limited, revive: minutes !== undefined });
    const { modelId: model, datasetId: dataset } = sweep;
    const prepared = await this.launches.prepare({ model, dataset, sweep: space ?? limited(sweep.document) });
    assertSameGoals(sweep.document, prepared.document);
    refuseProblems(prepared.forecast);
    const plan = planSweep(prepared.document);
    const begun = await this.trials.begun(id);
    const within = begun.filter(({ assignment }) => isInSpace(plan.space, assignment)).length;
    const own = begun.filter(({ origin }) => origin !== 'earlier');
    const outside = own.filter(({ assignment }) => !isInSpace(plan.space, assignment)).length;
    // Trials that another space does not hold count in all, and leave none of its own out.
    const all = trials ?? prepared.trials ?? trialLimit(plan) + outside;
    if (hasEnded(sweep.state)) assertMore({ begun: own.length, within, all, size: plan.size });
    const changed = (document: SweepDocument) =>
      withTrials(limited(space === undefined ? document : prepared.document), all);
    return this.sweeps.change(id, { changed, forecast: prepared.forecast, revive: true });
  }

  /**
   * Begins a trial by hand at once, beside those that run. Throws SweepError for an assignment that does not fit, and
   * SweepStateError.
   */
  async addTrial(id: string, assignment: Assignment): Promise<Trial> {
    const { number, entry } = await this.sessions.run(id, async (session) => {
      const { state } = session.sweep;
      if (hasEnded(state)) throw new SweepStateError(id, `is ${state}: give it more trials first, with PATCH`);
      const plan = planSweep(session.sweep.document);
      return session.begin(newTrialOf(plan, session.sweep, checkAssignment(plan.space, assignment), 'manual'));
    });
    if (entry) this.dispatcher.dispatch([entry]);
    return this.trials.require(id, number);
  }

  async results(id: string): Promise<SweepResults> {
    const sweep = await this.sweeps.requireRow(id);
    const { document, createdAt } = sweep;
    const trials = await this.trials.ended(id);
    const plan = planSweep(document);
    const results = sweepResults({ document, space: plan.space, trials, startedAt: createdAt.getTime() });
    const model = await this.modelOf(sweep, plan, trials);
    return model ? { ...results, model } : results;
  }

  /** How far the model of its space was right; undefined where the search had none. */
  private async modelOf(
    { survey, modelId }: Pick<Sweep, 'survey' | 'modelId'>,
    plan: SweepPlan,
    trials: readonly Trial[],
  ) {
    const jobId = survey?.jobId ?? null;
    const stage = jobId === null ? null : await this.stageResults.analysisIn(jobId);
    if (jobId === null || stage?.jobState !== 'succeeded') return undefined;
    const bytes = (await this.models.get(modelId))?.bytes ?? null;
    return spaceReport(plan, { jobId, measures: measuresOf(stage.summary, bytes) }, trials);
  }

  /** All trials that have ended as CSV. */
  async csv(id: string): Promise<string> {
    const { document, forecast } = await this.sweeps.requireRow(id);
    const parameters = forecast.parameters.map(({ name }) => name);
    return trialsCsv(document, parameters, await this.trials.ended(id));
  }

  async exported(id: string): Promise<{ sweep: Sweep; trials: Trial[]; results: SweepResults }> {
    const sweep = await this.sweeps.require(id);
    return { sweep, trials: await this.trials.ended(id), results: await this.results(id) };
  }

  /**
   * Puts the trial's model among the models of the store under a name. Throws NotFoundError, and ApiError for a trial
   * without a model.
   */
  async promote(id: string, number: number, name: string): Promise<Model> {
    const { modelDigest, state } = await this.trials.require(id, number);
    if (modelDigest === null || state !== 'complete')
      throw new ApiError(
        'trial_state',
        `trial ${number} is ${state} and has no model to promote: choose one that is complete`,
      );
    const known = await this.models.get(modelDigest);
    const model = known ?? (await this.added(modelDigest, name));
    await this.trials.promote(id, number, model.name);
    return model;
  }

  private added(digest: string, name: string): Promise<Model> {
    return this.spool.withFolder(async (folder) => {
      const path = join(folder, 'model.onnx');
      await this.store.getToFile(digest, path);
      const inspection = await this.untrusted.inspectModel(path);
      const { bytes = 0 } = (await this.store.stat(digest)) ?? {};
      return (await this.models.add({ id: digest, name, bytes, inspection })).model;
    });
  }
}

function withTrials(document: SweepDocument, trials: number): SweepDocument {
  return { ...document, limits: { ...document.limits, trials } };
}

/** Throws SweepError where a sweep that has ended would go on to nothing. */
function assertMore({ begun, within, all, size }: Record<'begun' | 'within' | 'all' | 'size', number>): void {
  if (within >= size)
    throw new SweepError([
      { field: 'sweep', message: `all ${within} assignments of its space have been tried: give it a wider space` },
    ]);
  if (begun >= all)
    throw new SweepError([{ field: 'trials', message: `${begun} trials have been begun: give it more than these` }]);
}

function overrides(given: Record<string, number | undefined>): Record<string, number> {
  const isSaid = (entry: [string, number | undefined]): entry is [string, number] => entry[1] !== undefined;
  return Object.fromEntries(Object.entries(given).filter(isSaid));
}
