import { Worker } from 'node:worker_threads';
import type { CustomMetric } from '#contracts';
import { CustomMetricError } from './errors.js';
import type { TaskBatch } from './tasks/task.js';

/** Time that a module may take for one batch of one model. */
const BATCH_MS = 30_000;
/** Memory of its thread, in MiB, beside the arrays that it is given. */
const HEAP_MB = 256;

/** What the thread answers. */
type Answer = { values: number[] } | { error: string };

/**
 * A figure that a small ES module computes: its default export gets a batch of one model ({ inputs, outputs, reference,
 * labels, targets, size }) and returns a number for each sample, of which the figure is the mean. It runs in a thread
 * of this process: who may submit one may run code here.
 */
export class CustomMetricRun {
  private constructor(
    readonly metric: CustomMetric,
    private readonly worker: Worker,
  ) {
    // What it throws between two batches is told with the next one.
    worker.on('error', () => undefined);
  }

  /** Throws CustomMetricError where the module cannot be loaded. */
  static async start(metric: CustomMetric): Promise<CustomMetricRun> {
    const module = `data:text/javascript;base64,${Buffer.from(metric.source).toString('base64')}`;
    const host = `data:text/javascript;base64,${Buffer.from(hostOf(module)).toString('base64')}`;
    const worker = new Worker(new URL(host), { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB }, env: {} });
    const run = new CustomMetricRun(metric, worker);
    await run.answer();
    return run;
  }

  /**
   * A number for each sample. Throws CustomMetricError for what is none, and for a module that fails or takes too long.
   */
  async of(batch: TaskBatch): Promise<number[]> {
    const answer = this.answer();
    this.worker.postMessage(batch);
    const values = await answer;
    if (values.length !== batch.size || !values.every(Number.isFinite))
      throw this.failed(`it must return ${batch.size} finite numbers, one a sample, and returned ${told(values)}`);
    return values;
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private answer(): Promise<number[]> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => fail(`it took more than ${BATCH_MS / 1000} s for a batch`), BATCH_MS);
      const fail = (problem: string) => (done(), reject(this.failed(problem)));
      const onMessage = (answer: Answer) =>
        'error' in answer ? fail(answer.error) : (done(), resolve([...answer.values]));
      const onError = (error: Error) => fail(error.message);
      const onExit = () => fail('it ended');
      const done = () => {
        clearTimeout(deadline);
        this.worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      };
      this.worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }

  private failed(problem: string): CustomMetricError {
    return new CustomMetricError(this.metric.name, problem);
  }
}

/** The thread's own module: loads the metric, says so with an empty answer, and answers each batch. */
function hostOf(module: string): string {
  return `
import { parentPort } from 'node:worker_threads';
const { default: metric } = await import(${JSON.stringify(module)});
if (typeof metric !== 'function') throw new TypeError('its default export is no function');
parentPort.on('message', async (batch) => {
  try { parentPort.postMessage({ values: Array.from(await metric(batch), Number) }); }
  catch (error) { parentPort.postMessage({ error: String(error?.message ?? error) }); }
});
parentPort.postMessage({ values: [] });
`;
}

function told(values: readonly number[]): string {
  return `${values.length}: ${values.slice(0, 3).join(', ')}${values.length > 3 ? ', …' : ''}`;
}
