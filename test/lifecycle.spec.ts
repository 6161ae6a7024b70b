import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EXAMPLE, startApp } from './app.js';

/** Processes whose command line or environment names the folder: all that `coldpress up` started for it. */
async function processesOf(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const texts = await Promise.all(['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')));
      return texts.some((text) => text.includes(folder)) ? [Number(pid)] : [];
    }),
  );
  return found.flat().filter((pid) => pid !== process.pid);
}

/** Waits until nothing of the folder runs; returns what is left after the deadline. */
async function leftovers(folder: string, deadlineMs: number): Promise<number[]> {
  for (const end = Date.now() + deadlineMs; Date.now() < end; await delay(100)) {
    if ((await processesOf(folder)).length === 0) return [];
  }
  return processesOf(folder);
}

describe('coldpress up, its processes and its lock', () => {
  let data: string;

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'coldpress-life-'));
  });

  afterEach(() => rm(data, { recursive: true, force: true }));

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no process and no lock after %s', async (signal) => {
    const app = await startApp({ data });
    expect((await processesOf(data)).length).toBeGreaterThan(2);
    app.process.kill(signal);
    await once(app.process, 'exit');
    expect(await leftovers(data, 5000)).toEqual([]);
    expect(await readdir(data)).not.toContain('lock');
  });

  it('leaves no process after kill -9, and the next start just works and knows what was accepted', async () => {
    const first = await startApp({ data });
    const model = await first.client.pushModel(join(EXAMPLE, 'seed-net.onnx'));
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    expect(await leftovers(data, 30_000)).toEqual([]);

    const second = await startApp({ data });
    expect(second.apiKey).toBe(first.apiKey);
    expect((await second.client.getModel(model.id)).id).toBe(model.id);
    await second.stop();
  });
});
