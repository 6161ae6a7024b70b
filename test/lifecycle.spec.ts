import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { cp, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pushModel } from '../apps/cli/src/uploads.js';
import { COMMAND, EXAMPLE, startApp } from './app.js';

/** Processes whose command line or environment names the folder: all that `coldpress up` started for it. */
async function processesOf(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const texts = await Promise.all(
        ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
      );
      return texts.some((text) => text.includes(folder)) ? [Number(pid)] : [];
    }),
  );
  return found.flat().filter((pid) => pid !== process.pid);
}

/** The PostgreSQL server among the descendants of a process, of which any may end meanwhile. */
async function postmasterBelow(pid: number): Promise<number | undefined> {
  const read = (path: string) => readFile(`/proc/${pid}/${path}`, 'utf8').catch(() => '');
  if (/^[^\0]*postgres\0-D\0/.test(await read('cmdline'))) return pid;
  const children = (await read(`task/${pid}/children`)).trim().split(/\s+/).filter(Boolean);
  for (const child of children.map(Number)) {
    const found = await postmasterBelow(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

/** The servers that run for a folder, by name: the supervisor's children and its PostgreSQL. */
async function serversOf(folder: string): Promise<[string, number][]> {
  const found: [string, number][] = [];
  for (const pid of await processesOf(folder)) {
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const app = /apps\/(api|worker)\/src\/main\.js$/.exec(command[1] ?? '')?.[1];
    if (app) found.push([app, pid]);
    else if (command[0]?.endsWith('/postgres') && command[1] === '-D') found.push(['postgres', pid]);
  }
  return found;
}

const isReady = (url: string) =>
  fetch(`${url}/ready`).then(
    ({ ok }) => ok,
    () => false,
  );

async function end(process: ChildProcess): Promise<void> {
  process.kill('SIGTERM');
  await once(process, 'exit');
}

/** Far from what an end takes on a busy machine: what is left after it was left for good. */
const END_MS = 60_000;

/** Waits until nothing of the folder runs; returns what is left after the deadline. */
async function leftovers(folder: string): Promise<number[]> {
  for (const end = Date.now() + END_MS; Date.now() < end; await delay(100)) {
    if ((await processesOf(folder)).length === 0) return [];
  }
  return processesOf(folder);
}

describe('coldpress up, its processes and its lock', () => {
  let data: string;

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'coldpress-life-'));
  });

  afterEach(async () => {
    // What a test that failed has started would keep Jest's process as well.
    for (const pid of await processesOf(data)) killQuietly(pid);
    await rm(data, { recursive: true, force: true, maxRetries: 10 });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no process and no lock after %s', async (signal) => {
    const app = await startApp({ data });
    expect((await processesOf(data)).length).toBeGreaterThan(2);
    app.process.kill(signal);
    await once(app.process, 'exit');
    expect(await leftovers(data)).toEqual([]);
    expect(await readdir(data)).not.toContain('lock');
  });

  it('leaves no process after kill -9, and the next start just works and knows what was accepted', async () => {
    const first = await startApp({ data });
    const model = await pushModel(first.client, join(EXAMPLE, 'seed-net.onnx'));
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    expect(await leftovers(data)).toEqual([]);

    const second = await startApp({ data });
    expect(second.apiKey).toBe(first.apiKey);
    expect((await second.client.getModel({ id: model.id })).id).toBe(model.id);
    await second.stop();
  });

  it.each([100, 1500])('ends at a SIGTERM %i ms into its start, and leaves nothing', async (ms) => {
    const child = spawn(process.execPath, [COMMAND, 'up', '--port', '0', '--data', data], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    await delay(ms);
    child.kill('SIGTERM');
    await exited;
    expect(await leftovers(data)).toEqual([]);
    expect(await readdir(data)).not.toContain('lock');
  });

  it('comes up although each of its servers is killed once while it starts', async () => {
    const killed = new Set<string>();
    // A start may be over before each of its servers was seen: then once more.
    while (killed.size < 3) {
      const starting = startApp({ data });
      let isOver = false;
      const over = starting.catch(() => undefined).then(() => (isOver = true));
      while (!isOver && killed.size < 3) {
        for (const [name, pid] of await serversOf(data)) {
          // One that ended by itself meanwhile counts as killed.
          if (!killed.has(name)) killQuietly(pid);
          killed.add(name);
        }
        await Promise.race([over, delay(5)]);
      }
      const app = await starting;
      // The last of them may have been killed in the moment in which all were up.
      while (!(await isReady(app.url))) await delay(50);
      await app.stop();
    }
    expect([...killed].sort()).toEqual(['api', 'postgres', 'worker']);
  });

  it('serves and comes back with its log on a full disk', async () => {
    await symlink('/dev/full', join(data, 'server.log'));
    const app = await startApp({ data, environment: { COLDPRESS_LOG_LEVEL: 'trace' } });
    const { id } = await pushModel(app.client, join(EXAMPLE, 'seed-net.onnx'));
    expect((await app.client.getModel({ id })).id).toBe(id);
    await app.stop();
  });

  it('says in words that its port is taken, at once, and leaves nothing', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const child = spawn(process.execPath, [COMMAND, 'up', '--port', String(port), '--data', data], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.on('data', (piece: Buffer) => (words += piece.toString()));
    expect((await once(child, 'close'))[0]).toBe(1);
    expect(words).toBe(`coldpress: port ${port} is in use: choose another with --port or COLDPRESS_PORT\n`);
    expect(await leftovers(data)).toEqual([]);
    taken.close();
  });

  it('is its data folder: moved it is the same server, a copy opens beside it, and deleted it starts anew', async () => {
    const [one, moved, copy] = ['one', 'moved', 'copy'].map((name) => join(data, name)) as [string, string, string];
    const first = await startApp({ data: one });
    const { id } = await pushModel(first.client, join(EXAMPLE, 'seed-net.onnx'));
    await end(first.process);
    await rename(one, moved);
    const second = await startApp({ data: moved });
    expect(second.apiKey).toBe(first.apiKey);
    await cp(moved, copy, { recursive: true });
    expect((await second.client.getModel({ id })).id).toBe(id);
    // The copy has the lock and the address of a server that runs, and neither is its own.
    await end(second.process);
    const third = await startApp({ data: copy });
    expect((await third.client.getModel({ id })).id).toBe(id);
    await third.stop();
    const fresh = await startApp({ data: copy });
    expect(fresh.apiKey).not.toBe(first.apiKey);
    await expect(fresh.client.getModel({ id })).rejects.toMatchObject({ problem: { status: 404 } });
    await fresh.stop();
  });

  it('starts PostgreSQL again when it dies: 503 with the reason meanwhile, then everything as it was', async () => {
    const app = await startApp({ data });
    const { id } = await pushModel(app.client, join(EXAMPLE, 'seed-net.onnx'));

    const ask = async () => {
      const response = await fetch(`${app.url}/v1/models/${id}`, {
        headers: { authorization: `Bearer ${app.apiKey}` },
      });
      return { status: response.status, body: (await response.json()) as object };
    };
    const answers: Awaited<ReturnType<typeof ask>>[] = [];
    // A connection may outlive its server by a question, and a server may be back before the first: then once more.
    while (!answers.some(({ status }) => status === 503)) {
      const server = await postmasterBelow(app.process.pid!);
      if (server) killQuietly(server);
      do {
        answers.push(await ask());
        await delay(50);
      } while (answers.at(-1)!.status !== 200);
    }
    expect(answers.find(({ status }) => status === 503)).toMatchObject({ body: { code: 'database_unavailable' } });
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
    expect(answers.at(-1)!.body).toMatchObject({ id });
    await app.stop();
  });
});
