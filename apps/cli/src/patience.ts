import type { Client } from '#client';
import { formatDuration } from '#contracts';
import type { Screen } from './progress.js';

/** What takes longer than `afterMs` is told; on a terminal the seconds go on counting. */
const PATIENCE = { afterMs: 2000, everyMs: 1000 };
const MS_PER_S = 1000;

/** Calls whose answer the server may have to work for, and at what. */
const WORKS: { readonly [N in keyof Client]?: string } = {
  registerModel: 'the server fetches and checks the model',
  registerDataset: 'the server fetches and checks the data set',
  submitJob: 'the server checks whether the job can run',
  preflightJob: 'the server checks whether the job can run',
  launchSweep: 'the server checks whether the sweep can run',
  preflightSweep: 'the server checks whether the sweep can run',
  pressModel: 'the server looks at model and data',
};

/** A client whose calls say what the server is at where that takes longer than two seconds. */
export function patient(client: Client): Client {
  const calls = Object.entries(WORKS).map(([name, words]) => {
    const call = client[name as 'submitJob'];
    const told: typeof call = (...given) => whileWaiting(words, call(...given));
    return [name, told];
  });
  return { ...client, ...(Object.fromEntries(calls) as Partial<Client>) };
}

/** Waits for something, and says so where it takes longer than two seconds: in place on a terminal, once on a pipe. */
export async function whileWaiting<T>(
  words: string,
  work: Promise<T>,
  screen: Screen = process.stderr,
  { afterMs, everyMs } = PATIENCE,
): Promise<T> {
  const began = performance.now();
  let isTold = false;
  const tell = () => {
    const ms = performance.now() - began;
    if (ms < afterMs || (isTold && !screen.isTTY)) return;
    const text = `${words}: ${formatDuration(Math.floor(ms / MS_PER_S))}`;
    screen.write(screen.isTTY ? `\r\u001b[2K${text}` : `${words}\n`);
    isTold = true;
  };
  const timer = setInterval(tell, everyMs);
  timer.unref();
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (isTold && screen.isTTY) screen.write('\r\u001b[2K');
  }
}
