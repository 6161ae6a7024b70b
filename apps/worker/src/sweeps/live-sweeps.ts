import { Injectable } from '@nestjs/common';
import type { ModelMetrics } from '#contracts';
import { ModelRepository, StageResultRepository, type SweepSession } from '#database';
import { planSweep, SweepStudy, type AnalyzedWidths, type SweepPlan } from '#pipeline';
import { EarlyStopping } from './early-stopping.js';

/** A sweep as this process knows it: what can be found again from the records at any time. */
export class LiveSweep {
  readonly plan: SweepPlan;
  readonly study: SweepStudy;
  /** Null where the document asks for none. */
  readonly stopping: EarlyStopping | null;
  private seen = 0;

  constructor(
    session: SweepSession,
    /** What is known of the input model without measuring. */
    readonly sizes: Partial<ModelMetrics>,
    layers: readonly AnalyzedWidths[],
  ) {
    this.plan = planSweep(session.sweep.document);
    const { stopping } = this.plan.document;
    this.study = new SweepStudy(this.plan, layers);
    this.stopping = stopping ? new EarlyStopping(stopping) : null;
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
  ) {}

  /** Anew for a document that was changed: how many trials there may be decides how the next is chosen, time and parallelism do not. */
  async of(session: SweepSession): Promise<LiveSweep> {
    const { id, modelId, datasetId } = session.sweep;
    const { limits, ...searched } = session.sweep.document;
    const document = JSON.stringify([searched, limits.trials]);
    const known = this.known.get(id);
    if (known?.document === document) return known.live;
    const model = await this.models.get(modelId);
    const sizes = model ? { bytes: model.bytes, parameters: model.inspection.parameters } : {};
    const layers = await this.results.analysisOf(modelId, datasetId);
    const live = new LiveSweep(session, sizes, layers);
    this.known.set(id, { document, live });
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
