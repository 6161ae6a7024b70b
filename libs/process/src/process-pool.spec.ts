import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessRequest } from '#contracts';
import {
  AbortedError,
  CrashError,
  DeadlineError,
  LaunchError,
  OutOfMemoryError,
  ProcessLostError,
  ReportedError,
} from './errors.js';
import { ProcessPool } from './process-pool.js';

/** A child that does what the model's path says: the protocol in a few lines, without the code of stages. */
const CHILD = `
const send = (message) => new Promise((resolve) => process.send(message, resolve));
const actions = {
  echo: async () => { await send({ type: 'progress', fraction: 0.5, message: 'half' }); await send({ type: 'log', line: 'hello' }); await send({ type: 'done', result: { env: process.env.SECRET ?? null, malloc: process.env.MALLOC_TOP_PAD_ } }); },
  refuse: () => send({ type: 'failed', error: { code: 'invalid_model', message: 'not a model', permanent: true } }),
  memory: () => { const held = []; setInterval(() => held.push(Buffer.alloc(32 * 1024 * 1024, 1)), 10); },
  heap: () => { const held = []; for (;;) held.push(new Array(1e5).fill(held.length)); },
  spin: () => { send({ type: 'log', line: String(process.pid) }).then(() => { for (;;); }); },
  exit: () => { console.error('out of luck'); process.exit(7); },
  abort: () => process.kill(process.pid, 'SIGSEGV'),
  killed: () => process.kill(process.pid, 'SIGKILL'),
};
process.once('message', ({ modelPath }) => actions[modelPath]());
process.once('disconnect', () => process.exit(0));
process.send({ type: 'ready' });
`;

const request = (modelPath: string): ProcessRequest => ({ kind: 'inspect', modelPath });

describe('ProcessPool', () => {
  let folder: string;
  let pool: ProcessPool;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-process-'));
    await writeFile(join(folder, 'child.mjs'), CHILD);
    pool = new ProcessPool({ modulePath: join(folder, 'child.mjs'), memoryMb: 300, timeoutMs: 200_000, spares: 1 });
  });
  afterAll(async () => {
    await pool.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('passes progress and log lines on and gives the result; the environment stays with the parent', async () => {
    const heard: unknown[] = [];
    const result = await pool.run(request('echo'), {
      onProgress: ({ fraction, message }) => heard.push([fraction, message]),
      onLog: (line) => heard.push(line),
    });
    expect(heard).toEqual([[0.5, 'half'], 'hello']);
    expect(result).toEqual({ env: null, malloc: expect.any(String) });
  });

  it('throws what the work reported, code and permanence included', async () => {
    await expect(pool.run(request('refuse'))).rejects.toMatchObject({
      constructor: ReportedError,
      code: 'invalid_model',
      permanent: true,
    });
  });

  it('kills a process at its memory ceiling, on or off the JavaScript heap', async () => {
    await expect(pool.run(request('memory'))).rejects.toThrow(OutOfMemoryError);
    await expect(pool.run(request('heap'))).rejects.toThrow(OutOfMemoryError);
  });

  it('kills a process that is not done in time', async () => {
    await expect(pool.run(request('spin'), { timeoutMs: 200 })).rejects.toThrow(DeadlineError);
  });

  it('kills a busy loop when the caller aborts', async () => {
    const abort = new AbortController();
    let pid = 0;
    const run = pool.run(request('spin'), {
      signal: abort.signal,
      onLog: (line) => {
        pid = Number(line);
        abort.abort();
      },
    });
    await expect(run).rejects.toThrow(AbortedError);
    while (await isRunning(pid)) await new Promise((resolve) => setImmediate(resolve));
    await expect(pool.run(request('echo'), { signal: AbortSignal.abort() })).rejects.toThrow(AbortedError);
  });

  it('tells a crash, with its last words, from a kill from outside', async () => {
    await expect(pool.run(request('exit'))).rejects.toMatchObject({
      constructor: CrashError,
      permanent: true,
      message: expect.stringMatching(/exit code 7.*out of luck/s),
    });
    await expect(pool.run(request('abort'))).rejects.toMatchObject({ constructor: CrashError, signal: 'SIGSEGV' });
    await expect(pool.run(request('killed'))).rejects.toMatchObject({
      constructor: ProcessLostError,
      permanent: false,
    });
  });

  it('goes on after all that, and refuses a module that does not exist', async () => {
    await expect(pool.run(request('echo'))).resolves.toBeDefined();
    expect(() => new ProcessPool({ modulePath: join(folder, 'none.mjs'), memoryMb: 300, timeoutMs: 1000 })).toThrow(
      LaunchError,
    );
  });
});

async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}
