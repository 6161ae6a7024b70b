import { json as readJson } from 'node:stream/consumers';
import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  BenchmarkFile,
  type ArtifactRef,
  type Job,
  type ModelMetrics,
  type ModelPair,
  type Report,
  type ReportedBenchmark,
} from '#contracts';
import { BenchmarkRepository, DatasetRepository, ModelRepository, type OpenBenchmark } from '#database';
import { RUNTIME_VERSION } from '#inference';
import { STORE } from '#infrastructure';
import { buildReport, mlperfTiny, modelCard, reportHtml, type MeasuredStages } from '#report';
import { timingOf, type Timing } from '#model-graph';
import type { ArtifactStore } from '#storage';
import { MACHINE } from '../machine/stage-machine.js';
import { judge } from '../stages/failures.js';
import { productVersion } from '#process';
import { ReportGraphs } from './report-graphs.js';

/** Writes the report of a job in each of its forms, and puts them into the store. */
@Injectable()
export class ReportWriter {
  private readonly logger = new Logger(ReportWriter.name);

  constructor(
    private readonly models: ModelRepository,
    private readonly datasets: DatasetRepository,
    private readonly benchmarks: BenchmarkRepository,
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly graphs: ReportGraphs,
  ) {}

  /** `job` has its final gates. Throws the store's errors. */
  async write(job: Job, baseline: ModelMetrics, figures: MeasuredStages): Promise<ArtifactRef[]> {
    const devices = (await this.benchmarks.ofJob(job.id)).map(toReported);
    const report = buildReport(job, baseline, figures, { ...(await this.circumstances(job)), devices });
    const pair = await this.modelPair(job);
    return [
      await this.put('report.json', json(report)),
      await this.put('report.md', modelCard(report)),
      await this.put('report.html', reportHtml(report, pair, await this.timing(job, devices))),
      await this.put('mlperf-tiny.json', json(mlperfTiny(report))),
      ...devices.flatMap(({ stage, device, result }) =>
        result ? [{ ...result.raw, name: `benchmark-${stage + 1}-${device}.json` }] : [],
      ),
    ];
  }

  private async circumstances({ modelId, datasetId }: Job) {
    const model = await this.models.get(modelId);
    const dataset = datasetId === null ? null : await this.datasets.get(datasetId);
    return {
      model: { digest: modelId, name: model?.name ?? 'model' },
      dataset: datasetId === null ? null : { digest: datasetId, name: dataset?.name ?? 'data set' },
      versions: { coldpress: productVersion(), runtime: RUNTIME_VERSION, node: process.versions.node },
      machine: MACHINE,
      createdAt: new Date(),
    };
  }

  /**
   * The nodes of the first and the last model; null where they cannot be had, which the page says: a report is worth
   * more than its picture.
   */
  private async modelPair({ modelId, stages }: Job): Promise<ModelPair | null> {
    try {
      const [first, last] = await this.graphs.of([modelId, stages.at(-1)?.modelDigest ?? modelId]);
      return first && last ? { before: first.layers, after: last.layers } : null;
    } catch (error) {
      if (judge(error).outage) throw error;
      this.logger.warn({ err: error }, 'no graph of the model in a report');
      return null;
    }
  }

  /** Where the time of the last model went on the first device that profiled it; null where none did. */
  private async timing({ modelId, stages }: Job, devices: readonly ReportedBenchmark[]): Promise<Timing | null> {
    const after = stages.at(-1)?.modelDigest ?? modelId;
    for (const { device, result } of devices.toReversed()) {
      if (!result) continue;
      const samples = await this.samples(result.raw);
      const timing = samples && timingOf(device ?? 'a device', samples, { before: modelId, after });
      if (timing) return timing;
    }
    return null;
  }

  /** Null where the file is not what this version of devices sends: a report is worth more than its colours. */
  private async samples({ digest }: ArtifactRef): Promise<BenchmarkFile | null> {
    const { stream } = await this.store.get(digest);
    return BenchmarkFile.safeParse(await readJson(stream)).data ?? null;
  }

  private async put(name: string, text: string): Promise<ArtifactRef> {
    const { digest, bytes } = await this.store.put(Buffer.from(text));
    return { name, digest, bytes };
  }
}

/** A benchmark as reports tell of it. */
function toReported(benchmark: OpenBenchmark): ReportedBenchmark {
  const { stageIndex, asked, deviceName, state, cached, error, result } = benchmark;
  return { stage: stageIndex, asked, device: deviceName, state, cached, error, result };
}

const json = (value: Report | object) => `${JSON.stringify(value, null, 2)}\n`;
