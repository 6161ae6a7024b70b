import { parentPort, workerData } from 'node:worker_threads';
import { Session } from '#inference';
import type { GradientAnswer, PartRequest, GradientWorkerData } from './gradient-thread.js';

/**
 * A thread's side of data-parallel training: answers each request with what the model gives, and ends when it is asked
 * to, between two runs; a thread that is terminated in the middle of one takes the process with it.
 */
const { model, threads } = workerData as GradientWorkerData;
const session = await Session.create(model, { threads, optimization: 'extended' });

parentPort!.on('message', (request: PartRequest | null) => void (request === null ? end() : answer(request)));

async function answer({ feeds, fetches }: PartRequest): Promise<void> {
  try {
    const outputs = await session.run(feeds, fetches);
    send(
      { outputs },
      Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer),
    );
  } catch (error) {
    send({ error: error instanceof Error ? error.message : String(error) });
  }
}

async function end(): Promise<void> {
  await session.release();
  parentPort!.close();
}

function send(message: GradientAnswer, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}
