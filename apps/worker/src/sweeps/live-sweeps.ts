import { Injectable } from '@nestjs/common';
import { deviceReferencesOf, type ModelMetrics } from '#contracts';
import {
  BenchmarkRepository,
  ModelRepository,
  StageResultRepository,
  type OpenTrial,
  type SweepSession,
} from '#database';
import {
  deviceEvidence,
  NOTHING_MEASURED,
  planSweep,
  SweepStudy,
  type DeviceEvidence,
  type SpaceMeasures,
  type SweepPlan,
} from '#pipeline';
import { Surveys } from './survey.js';
import { TrialStopping } from './trial-stopping.js';

/** A sweep as this process knows it: what can be found again from the records at any time. */
export class LiveSweep {
  readonly study: SweepStudy;
  /** Null where the document asks for none. */
  readonly stopping: TrialStopping | null;
  /** Whether the search may begin. */
  readonly isSurveyed: boolean;
  private readonly modelId: string;
  private seen = 0;

  constructor(
    session: SweepSession,
    readonly plan: SweepPlan,
    /** What is known of the input model without measuring. */
    readonly sizes: Partial<ModelMetrics>,
    /** Null while what the search begins with is still to be measured. */
    measures: SpaceMeasures | null,
    private readonly benchmarks: BenchmarkRepository,
  ) {
    this.isSurveyed = measures !== null;
    this.modelId = session.sweep.modelId;
    const { stopping } = this.plan.document;
    this.study = new SweepStudy(this.plan, measures ?? NOTHING_MEASURED);
    this.stopping = stopping ? new TrialStopping(stopping) : null;
  }

  /** What devices said of a trial's models; undefined where the sweep asks for no figure of a device. */
  async evidenceOf({ id, stages }: NonNullable<OpenTrial['job']>): Promise<DeviceEvidence | undefined> {
    if (deviceReferencesOf(this.plan.document).length === 0) return undefined;
    return deviceEvidence({ modelId: this.modelId, stages }, await this.benchmarks.ofJob(id));
  }

  /** Takes notice of trials that changed since the last time, whoever changed them. */
  async learn(session: SweepSession): Promise<void> {
    this.study.learn(await session.changedSince(this.seen));
    this.seen = session.sweep.revision;
  }
}

/** The sweeps that this process has driven, so that a round costs what has changed and not what there is. */
@Injectable()
export class LiveSweeps {
  private readonly known = new Map<string, { document: string; live: LiveSweep }>();

  constructor(
    private readonly models: ModelRepository,
    private readonly results: StageResultRepository,
    private readonly benchmarks: BenchmarkRepository,
  ) {}

  /**
   * Anew for a document that was changed: how many trials there may be decides how the next is chosen, time and
   * parallelism do not.
   */
  async of(session: SweepSession): Promise<LiveSweep> {
    const { id, modelId } = session.sweep;
    const { limits, ...searched } = session.sweep.document;
    const document = JSON.stringify([searched, limits.trials]);
    const known = this.known.get(id);
    if (known?.document === document) return known.live;
    const model = await this.models.get(modelId);
    const sizes = model ? { bytes: model.bytes, parameters: model.inspection.parameters } : {};
    const plan = planSweep(session.sweep.document);
    const { measures } = await new Surveys(this.models, this.results).of(session, plan);
    const live = new LiveSweep(session, plan, sizes, measures, this.benchmarks);
    if (live.isSurveyed) this.known.set(id, { document, live });
    return live;
  }

  /** What a round that failed may have left half done is read anew. */
  forget(id: string): void {
    this.known.delete(id);
  }

  /** Forgets all others. */
  keep(ids: readonly string[]): void {
    for (const id of this.known.keys()) if (!ids.includes(id)) this.known.delete(id);
  }
}
