import { randomUUID } from 'node:crypto';
import { BenchmarkSettings, Recipe, type Model } from '#contracts';
import { BenchmarkRepository, JobRepository, type Database, type NewBenchmark } from '#database';

const LIMIT_MS = 24 * 3600_000;

/** Benchmarks for devices, of jobs that no worker knows: nothing but leases is measured. */
export class WorkQueue {
  private readonly benchmarks: BenchmarkRepository;
  private readonly jobs: JobRepository;
  private seed = 0;

  constructor(
    database: Database,
    private readonly model: Model,
  ) {
    this.benchmarks = new BenchmarkRepository(database);
    this.jobs = new JobRepository(database);
  }

  /** Adds a benchmark of its own for each of these, a name or a tag. */
  async add(wanted: readonly { name?: string; tag?: string }[]): Promise<void> {
    const jobId = await this.job();
    await this.benchmarks.create(
      jobId,
      0,
      wanted.map((wish) => this.benchmark(wish)),
      LIMIT_MS,
    );
  }

  /** How many have not ended. */
  async open(): Promise<number> {
    return (await this.benchmarks.open()).length;
  }

  private benchmark({ name, tag }: { name?: string; tag?: string }): NewBenchmark {
    this.seed += 1;
    return {
      asked: name ?? `any of ${tag}`,
      wantedName: name ?? null,
      wantedTag: tag ?? null,
      work: {
        models: [{ digest: this.model.id, label: 'baseline' }],
        inputs: [],
        settings: BenchmarkSettings.parse({ seed: this.seed }),
      },
      fresh: true,
      known: null,
    };
  }

  private async job(): Promise<string> {
    const recipe = Recipe.parse({ passes: [{ pass: 'evaluate' }] });
    const preflight = { problems: [], skipped: [] };
    const stages = [{ pass: 'evaluate', options: {} }];
    const given = { id: randomUUID(), name: null, modelId: this.model.id, datasetId: null, recipe, preflight, stages };
    return (await this.jobs.create(given)).id;
  }
}
