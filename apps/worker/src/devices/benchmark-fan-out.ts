import { Injectable } from '@nestjs/common';
import {
  BenchmarkOptions,
  benchmarkSettings,
  EvaluateOptions,
  INPUTS_FILE,
  InputsIndex,
  throughputPoints,
  type BenchmarkInput,
  type DeviceSelector,
  type InputsFile,
} from '#contracts';
import {
  BenchmarkRepository,
  DatasetRepository,
  DeviceRepository,
  ModelRepository,
  type BenchmarkWork,
  type NewBenchmark,
  type StageOutcome,
} from '#database';
import { benchmarkKey, selectDevices, type WantedDevice } from '#pipeline';
import { ProcessError } from '#process';
import type { Task } from '../stages/task.js';
import { benchmarkInputs } from './benchmark-inputs.js';

type Devices = Awaited<ReturnType<DeviceRepository['list']>>;

const MS_PER_MINUTE = 60_000;

/**
 * Asks devices to measure the models of a job when a stage has named some. Nobody waits for them: the end of the job
 * gathers what they say.
 */
@Injectable()
export class BenchmarkFanOut {
  constructor(
    private readonly benchmarks: BenchmarkRepository,
    private readonly devices: DeviceRepository,
    private readonly models: ModelRepository,
    private readonly datasets: DatasetRepository,
  ) {}

  /**
   * Once for a stage, however often it is attempted. Throws BenchmarkInputError for inputs whose size nothing tells.
   */
  async begin(task: Task, outcome: StageOutcome): Promise<void> {
    if (task.stage.pass !== 'evaluate') return;
    const { devices: selectors, benchmark, deviceInputs } = EvaluateOptions.parse(task.stage.options);
    if (!selectors) return;
    const options = BenchmarkOptions.parse(benchmark ?? {});
    const data = deviceInputs === 'data' ? inputsFileOf(outcome) : null;
    const list = await this.wanted(selectors, await this.workOf(task, outcome, options, data), options.fresh);
    const { job, stage } = task;
    await this.benchmarks.create(job.id, stage.index, list, options.timeLimitMinutes * MS_PER_MINUTE);
  }

  private async wanted(selectors: DeviceSelector[], work: BenchmarkWork, fresh: boolean): Promise<NewBenchmark[]> {
    const devices = await this.devices.list();
    const keys = new Map(devices.map(({ name, fingerprint }) => [name, benchmarkKey(work, fingerprint)]));
    const known = fresh ? new Map() : await this.benchmarks.known([...keys.values()]);
    const results = new KnownResults(devices, keys, known);
    const wishes = selectDevices(selectors, devices);
    return wishes.map((wish) => ({ ...wish, work, fresh, known: results.take(wish) }));
  }

  /** Each model of the job once, the baseline first: equal models have equal figures. */
  private async workOf(
    { job, history }: Task,
    outcome: StageOutcome,
    options: BenchmarkOptions,
    data: InputsFile | null,
  ): Promise<BenchmarkWork> {
    const labels = ['baseline', ...job.stages.map(({ index, pass }) => `${index + 1} ${pass}`)];
    const models = new Map<string, string>();
    for (const [index, digest] of [...history, outcome.modelDigest].entries())
      if (!models.has(digest)) models.set(digest, labels[index] ?? '');
    const points = options.throughput ? throughputPoints(options.throughput) : null;
    const inputsAt = await this.inputsAt(job);
    return {
      models: [...models].map(([digest, label]) => ({ digest, label })),
      inputs: inputsAt(options.batch),
      ...(data ? { data } : {}),
      ...(points ? { throughput: points.map((point) => ({ ...point, inputs: inputsAt(point.batch) })) } : {}),
      settings: benchmarkSettings(options, job.recipe.seed),
    };
  }

  /** The inputs of a run by the samples that it takes. */
  private async inputsAt({ modelId, datasetId }: Task['job']): Promise<(batch: number) => BenchmarkInput[]> {
    const { inspection } = await this.models.require(modelId);
    const dataset = datasetId === null ? null : await this.datasets.require(datasetId);
    return (batch) => benchmarkInputs(inspection.inputs, dataset?.inspection ?? null, batch);
  }
}

/** The samples that the stage has kept for devices. Throws ProcessError `benchmark_input` where it kept none. */
function inputsFileOf({ artifacts, summary }: StageOutcome): InputsFile {
  const file = artifacts.find(({ name }) => name === INPUTS_FILE);
  const index = InputsIndex.safeParse(summary['benchmarkInputs']);
  if (file && index.success) return { ...index.data, digest: file.digest };
  const message = 'the stage kept no samples for devices: submit the job anew with fresh: true';
  throw new ProcessError('benchmark_input', message, true);
}

/** Results from before, of which each device gives one at most. */
class KnownResults {
  constructor(
    private readonly devices: Devices,
    private readonly keys: ReadonlyMap<string, string>,
    private readonly known: Awaited<ReturnType<BenchmarkRepository['known']>>,
    private readonly taken: Set<string> = new Set(),
  ) {}

  take({ wantedName, wantedTag }: WantedDevice): NewBenchmark['known'] {
    const fits = ({ name, tags }: Devices[number]) =>
      wantedName ? name === wantedName : tags.includes(`${wantedTag}`);
    for (const { name } of this.devices.filter(fits)) {
      const found = this.known.get(this.keys.get(name) ?? '');
      if (!found || this.taken.has(name)) continue;
      if (wantedTag) this.taken.add(name);
      return { result: found.result, deviceName: wantedName ?? found.deviceName };
    }
    return null;
  }
}
