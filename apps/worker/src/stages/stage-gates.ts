import { Injectable } from '@nestjs/common';
import { lets, type GateVerdict, type RecipeGate, type StageMetrics } from '#contracts';
import type { StageOutcome } from '#database';
import { judgeGates } from '#pipeline';
import { ModelFigures } from './model-figures.js';
import type { Task } from './task.js';
import { TransferSizes } from './transfer-sizes.js';

/** A gate of a stage failed: the job has ended. */
export class GateFailed extends Error {
  override readonly name = 'GateFailed';
  readonly code = 'gate_failed';
}

/** Judges the gates of a stage as soon as it has its result, before anything is computed behind it. */
@Injectable()
export class StageGates {
  constructor(
    private readonly figures: ModelFigures,
    private readonly sizes: TransferSizes,
  ) {}

  /**
   * The outcome with what came of the stage's gates, and with a failure where one failed. Throws the store's errors.
   */
  async judge(task: Task, outcome: StageOutcome): Promise<StageOutcome> {
    const { job, stage } = task;
    const asked = job.recipe.passes[stage.index]?.gates ?? [];
    if (asked.length === 0) return outcome;
    const metrics = await this.complete(asked, outcome);
    const baseline = outcome.measured?.[0] ?? job.baseline ?? (await this.figures.of(job.modelId));
    const gates = judgeGates(asked, baseline, metrics, { stage: stage.index });
    const missed = gates.filter((verdict) => !lets(verdict));
    return { ...outcome, metrics, gates, ...(missed.length > 0 ? { failure: failureOf(missed) } : {}) };
  }

  /** Only a gate over the transfer size waits for it. */
  private async complete(gates: readonly RecipeGate[], { metrics, modelDigest }: StageOutcome): Promise<StageMetrics> {
    const isNeeded = gates.some((gate) => 'metric' in gate && gate.metric === 'compressedBytes');
    if (!isNeeded || metrics.compressedBytes !== undefined) return metrics;
    return { ...metrics, compressedBytes: await this.sizes.of(modelDigest) };
  }
}

function failureOf(missed: readonly GateVerdict[]) {
  const words = missed.map(({ explanation }) => explanation).join('; ');
  return { code: 'gate_failed', message: `a gate of this stage failed, so what follows is not run: ${words}` };
}
