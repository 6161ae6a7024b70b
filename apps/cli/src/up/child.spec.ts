import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerChild, type ServerChildOptions } from './child.js';

describe('a child process that is started', () => {
  let folder: string;
  let lines: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-child-'));
    lines = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A child of this code, which first says its process id. */
  async function options(code: string, more: Partial<ServerChildOptions> = {}): Promise<ServerChildOptions> {
    const module = join(folder, 'child.mjs');
    await writeFile(module, `process.stderr.write(process.pid + '\\n'); ${code}`);
    return {
      name: 'api',
      module,
      environment: {},
      log: (line) => lines.push(line),
      signal: new AbortController().signal,
      ...more,
    };
  }

  const isGone = async () => /\) Z |^$/.test(await readFile(`/proc/${lines[0]}/stat`, 'utf8').catch(() => ''));

  it('hands over its ready line', async () => {
    const { child, ready } = await ServerChild.start(
      await options(`console.log(JSON.stringify({ ready: true, url: 'http://here' })); setInterval(() => {}, 1000);`),
    );
    expect(ready).toEqual({ ready: true, url: 'http://here' });
    await child.stop();
    expect(await isGone()).toBe(true);
  });

  it('is ended when it is not ready in time', async () => {
    await expect(ServerChild.start(await options('setInterval(() => {}, 1000);', { readyMs: 500 }))).rejects.toThrow(
      'api was not ready within 0.5 s',
    );
    expect(await isGone()).toBe(true);
  });

  it('is ended when the start is called off', async () => {
    const abort = new AbortController();
    const started = ServerChild.start(
      await options('setInterval(() => {}, 1000);', {
        signal: abort.signal,
        log: (line) => (lines.push(line), abort.abort()),
      }),
    );
    await expect(started).rejects.toThrow('api was stopped before it was ready');
    expect(await isGone()).toBe(true);
  });

  it('gives its reason in its own words, and whether it is one that stays', async () => {
    const line = JSON.stringify({ ready: false, message: 'port 1 is in use', permanent: true });
    await expect(
      ServerChild.start(
        await options(`console.error('much else'); console.log(${JSON.stringify(line)}); process.exitCode = 1;`),
      ),
    ).rejects.toMatchObject({ message: 'port 1 is in use', permanent: true });
  });

  it('that was killed may be started again', async () => {
    await expect(ServerChild.start(await options(`process.kill(process.pid, 'SIGKILL');`))).rejects.toMatchObject({
      permanent: false,
      message: expect.stringContaining('SIGKILL') as unknown,
    });
  });
});
