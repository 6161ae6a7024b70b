import { float32, InferenceError, RUNTIME_PROVIDERS, RUNTIME_VERSION, Session } from '#inference';
import { HEALTH_INPUT, HEALTH_MODEL, healthFault } from '#measurement';
import { MeasuringError } from '../errors.js';
import type { AnswersByKind, Kind, Message, Requests } from './messages.js';
import { probe } from './probe.js';
import { timeThroughput } from './throughput.js';
import { time } from './timing.js';
import { runWindows } from './windows.js';

/** One request, one answer; the agent ends the process, and its loss does. */
const HANDLERS: { [K in Kind]: (request: Requests[K]) => Promise<AnswersByKind[K]> } = {
  about: async () => ({ runtime: RUNTIME_VERSION, providers: [...RUNTIME_PROVIDERS] }),
  probe,
  time: (request) => time(request, (fraction) => send({ type: 'progress', fraction })),
  throughput: timeThroughput,
  windows: (request) => runWindows(request, (edge) => sent({ type: 'window', ...edge })),
  health: async () => {
    const session = await Session.create(Buffer.from(HEALTH_MODEL, 'base64'));
    const { z } = await session.run({ x: float32([2], HEALTH_INPUT) });
    const fault = healthFault(z?.data);
    if (fault !== null) throw new MeasuringError('health', fault, false);
    return null;
  },
};

function send(message: Message): void {
  if (process.connected) process.send?.(message);
}

/** Once the agent has it: what follows may block this process for long. */
const sent = (message: Message): Promise<void> =>
  new Promise((done) => {
    if (process.connected && process.send) process.send(message, () => done());
    else done();
  });

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
