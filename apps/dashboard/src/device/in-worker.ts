import type { MeasuringMessage, MeasuringRequest } from './messages.js';

/** What the runtime says of a model: no other attempt helps. */
export class ModelFault extends Error {
  override readonly name = 'ModelFault';
}

/**
 * Answers a request in a worker of its own, which ends with it, or when the signal aborts. Throws what the worker says.
 */
export async function inWorker<T>(
  request: MeasuringRequest,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (fraction: number) => void } = {},
): Promise<T> {
  const worker = new Worker(new URL('./measure-worker.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise<T>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      worker.addEventListener('error', ({ message }) => reject(new Error(message || 'the worker did not start')));
      worker.addEventListener('message', ({ data }: MessageEvent<MeasuringMessage>) => {
        if (data.type === 'progress') onProgress?.(data.fraction);
        else if (data.type === 'done') resolve(data.answer as T);
        else reject(new ModelFault(data.message));
      });
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
  }
}
