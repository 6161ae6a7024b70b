import { float32, InferenceError, RUNTIME_PROVIDERS, RUNTIME_VERSION, Session } from '#inference';
import { MeasuringError } from '../errors.js';
import { HEALTH_MODEL } from './health-model.js';
import type { Answers, Kind, Message, Requests } from './messages.js';
import { probe } from './probe.js';
import { time } from './timing.js';

/** One request, one answer; the agent ends the process, and its loss does. */
const HANDLERS: { [K in Kind]: (request: Requests[K]) => Promise<Answers[K]> } = {
  about: async () => ({ runtime: RUNTIME_VERSION, providers: [...RUNTIME_PROVIDERS] }),
  probe,
  time: (request) => time(request, (fraction) => send({ type: 'progress', fraction })),
  health: async () => {
    const session = await Session.create(Buffer.from(HEALTH_MODEL, 'base64'));
    const { z } = await session.run({ x: float32([2], [1, 2]) });
    if (!z || Number(z.data[0]) !== 2 || Number(z.data[1]) !== 4)
      throw new MeasuringError('health', 'the runtime adds wrongly', false);
    return null;
  },
};

function send(message: Message): void {
  if (process.connected) process.send?.(message);
}

async function answer<K extends Kind>(request: Requests[K] & { kind: K }): Promise<void> {
  try {
    send({ type: 'done', answer: await HANDLERS[request.kind](request) });
  } catch (error) {
    send({ type: 'failed', ...describe(error) });
  }
}

/** A model that does not load or run here will not do so at another attempt. */
function describe(error: unknown): { code: string; message: string; permanent: boolean } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof MeasuringError) return { code: error.code, message, permanent: error.permanent };
  if (error instanceof InferenceError) return { code: error.code, message, permanent: true };
  return { code: 'unexpected', message, permanent: false };
}

process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('message', (request) => void answer(request as Requests[Kind] & { kind: Kind }));
