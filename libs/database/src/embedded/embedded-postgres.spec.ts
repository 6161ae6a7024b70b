import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { DataFolderError, DataFolderInUseError } from './errors.js';
import { hasEnded, isAlive } from './process-identity.js';

const NOBODY = 65534;
const compiled = resolve(import.meta.dirname, '../../../../dist/libs/database/src/embedded/embedded-postgres.js');

/** A process of its own that starts the server, prints its URL and id, and waits to be killed. */
const OWNER = `
import { startEmbeddedPostgres } from ${JSON.stringify(compiled)};
const server = await startEmbeddedPostgres({ dataPath: process.argv[1] });
console.log(server.url);
setInterval(() => {}, 1000);
`;

describe('the embedded PostgreSQL', () => {
  const folders: string[] = [];
  const servers: EmbeddedPostgres[] = [];
  const owners: ChildProcess[] = [];

  async function folder(mode = 0o755): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'coldpress-postgres-'));
    await chmod(path, mode);
    folders.push(path);
    return path;
  }

  async function start(dataPath: string): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dataPath });
    servers.push(server);
    return server;
  }

  async function startOwner(dataPath: string, user: { uid?: number; gid?: number } = {}): Promise<{ owner: ChildProcess; url: string }> {
    const owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER, dataPath], { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
    owners.push(owner);
    const [url] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
    return { owner, url };
  }

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    for (const owner of owners.splice(0)) owner.kill('SIGKILL');
    await Promise.all(folders.splice(0).map((path) => rm(path, { recursive: true, force: true, maxRetries: 40, retryDelay: 100 })));
  });

  it('keeps its rows over a stop and a start, and its password to its owner', async () => {
    const dataPath = await folder();
    const first = await startEmbeddedPostgres({ dataPath });
    await query(first.url, 'CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)');
    const pid = await serverPid(first.url);
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    expect((await stat(join(dataPath, 'password'))).mode & 0o777).toBe(0o600);
    const second = await start(dataPath);
    expect(await query(second.url, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
  });

  it('asks for the password', async () => {
    const url = new URL((await start(await folder())).url);
    url.password = 'wrong';
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('refuses a folder that a living process uses', async () => {
    const dataPath = await folder();
    await start(dataPath);
    await expect(startEmbeddedPostgres({ dataPath })).rejects.toThrow(DataFolderInUseError);
  });

  it('says the way out when the password is lost', async () => {
    const dataPath = await folder();
    await (await startEmbeddedPostgres({ dataPath })).stop();
    await rm(join(dataPath, 'password'));
    await expect(startEmbeddedPostgres({ dataPath })).rejects.toThrow(DataFolderError);
  });

  it('ends with its owner when that is killed, and starts again at once', async () => {
    const dataPath = await folder();
    const { owner, url } = await startOwner(dataPath);
    await query(url, 'CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)');
    const pid = await serverPid(url);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const again = await start(dataPath);
    expect(isAlive(pid)).toBe(false);
    expect(await query(again.url, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
  });

  it('leaves no process behind when its owner is killed', async () => {
    const { owner, url } = await startOwner(await folder());
    const pid = await serverPid(url);
    owner.kill('SIGKILL');
    expect(await hasEnded(pid, 10_000)).toBe(true);
  });

  it('takes over from a server whose guard was killed with its owner', async () => {
    const dataPath = await folder();
    const { owner, url } = await startOwner(dataPath);
    const pid = await serverPid(url);
    for (const guard of await guardsOf(pid)) process.kill(guard, 'SIGKILL');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(isAlive(pid)).toBe(true);
    await start(dataPath);
    expect(isAlive(pid)).toBe(false);
  });

  it('starts again after a kill of the server itself', async () => {
    const dataPath = await folder();
    const first = await startEmbeddedPostgres({ dataPath });
    process.kill(await serverPid(first.url), 'SIGKILL');
    await first.ended;
    await first.stop();
    const second = await start(dataPath);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('works in a folder that nobody else can enter', async () => {
    const { url } = await start(await folder(0o700));
    const [{ data_directory: data }] = (await query(url, 'SHOW data_directory')) as [{ data_directory: string }];
    folders.push(data);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('works for an ordinary user', async () => {
    const dataPath = await folder(0o700);
    const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    if (user.uid) await chown(dataPath, NOBODY, NOBODY);
    const { url } = await startOwner(dataPath, user);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
}

/** The postmaster: the parent of the process that answers us. */
async function serverPid(url: string): Promise<number> {
  const [row] = (await query(url, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid")) as [{ pid: number }];
  return row.pid;
}

/** The shell above the server and its watcher. */
async function guardsOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const shell = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  const children = (await readFile(`/proc/${shell}/task/${shell}/children`, 'utf8')).trim().split(' ').map(Number);
  return [shell, ...children.filter((child) => child !== pid)];
}
