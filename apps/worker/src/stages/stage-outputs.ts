import { basename, join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { PEAK_MEMORY, type ArtifactRef, type Job, type StageMetrics, type StageResult } from '#contracts';
import type { StoredResult } from '#database';
import { STORE } from '#infrastructure';
import type { ArtifactStore } from '#storage';
import { MACHINE } from '../machine/stage-machine.js';
import { judge } from './failures.js';
import { FileCache } from './file-cache.js';
import { inOrder } from './in-order.js';
import type { StageFolder } from './stage-folder.js';
import type { Task } from './task.js';

const RESULT_MODEL = 'model.onnx';

/** Puts what a stage's process left in its folder into the store, and says what is to be recorded of it. */
@Injectable()
export class StageOutputs {
  constructor(
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly files: FileCache,
  ) {}

  /** May be repeated after an outage. Throws the store's errors. */
  async keep(result: StageResult, folder: StageFolder, { job, stage, key, input }: Task): Promise<StoredResult> {
    const { changed, skipped, seconds } = result;
    const model = changed ? await this.putFile(folder, RESULT_MODEL) : null;
    const names = result.files.map((name) => basename(name));
    const kept = await inOrder(names, (name) => this.putSideFile(folder, name));
    const lost = kept.flatMap(({ problem }) => problem ?? []);
    const modelDigest = model?.digest ?? input;
    if (model) await this.files.adopt(modelDigest, join(folder.outputPath, RESULT_MODEL));
    const metrics = { ...knownSize(job, modelDigest), ...result.metrics };
    return {
      key,
      pass: stage.pass,
      modelDigest,
      modelBytes: metrics.bytes,
      changed,
      metrics,
      history: result.history ?? null,
      skipped,
      summary: {
        ...withWarnings(result.summary, lost),
        machine: MACHINE,
        ...(result.peakMemoryMb === undefined ? {} : { [PEAK_MEMORY]: result.peakMemoryMb }),
      },
      artifacts: [...(model ? [model] : []), ...kept.flatMap(({ artifact }) => artifact ?? [])],
      seconds,
    };
  }

  private async putFile(folder: StageFolder, name: string): Promise<ArtifactRef> {
    const { digest, bytes } = await this.store.putFile(join(folder.outputPath, name));
    return { name, digest, bytes };
  }

  /**
   * A plot or table that the store does not take costs the result a warning; a store that does not answer is waited
   * for.
   */
  private async putSideFile(folder: StageFolder, name: string): Promise<{ artifact?: ArtifactRef; problem?: string }> {
    try {
      return { artifact: await this.putFile(folder, name) };
    } catch (error) {
      const { outage, failure } = judge(error);
      if (outage) throw error;
      return { problem: `${name} is not kept: ${failure.message}` };
    }
  }
}

function withWarnings(summary: Record<string, unknown>, problems: readonly string[]): Record<string, unknown> {
  if (problems.length === 0) return summary;
  const { warnings } = summary;
  const own = Array.isArray(warnings) ? (warnings as unknown[]) : [];
  return { ...summary, warnings: [...own, ...problems] };
}

/** The transfer size of a model that the job's records have measured: that of a pass which changed nothing. */
function knownSize({ modelId, baseline, stages }: Job, digest: string): Pick<StageMetrics, 'compressedBytes'> {
  const models = [{ modelDigest: modelId, metrics: baseline }, ...stages];
  const measured = models.find(
    ({ modelDigest, metrics }) => modelDigest === digest && metrics?.compressedBytes !== undefined,
  );
  const size = measured?.metrics?.compressedBytes;
  return size === undefined ? {} : { compressedBytes: size };
}
