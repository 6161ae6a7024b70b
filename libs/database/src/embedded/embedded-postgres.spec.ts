import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { bringHome, strayPlaces } from './earlier-place.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { DataFolderError, DataFolderInUseError } from './errors.js';
import { hasProcessEnded, isAlive } from './process-identity.js';

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

  async function startOwner(
    dataPath: string,
    user: { uid?: number; gid?: number } = {},
  ): Promise<{ owner: ChildProcess; url: string }> {
    const owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER, dataPath], {
      ...user,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    owners.push(owner);
    const [url] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
    return { owner, url };
  }

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    for (const owner of owners.splice(0)) owner.kill('SIGKILL');
    await Promise.all(
      folders.splice(0).map((path) => rm(path, { recursive: true, force: true, maxRetries: 40, retryDelay: 100 })),
    );
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
    expect(await hasProcessEnded(pid, 60_000)).toBe(true);
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

  it('keeps its files in the folder that was given, also where nobody else can enter', async () => {
    const parent = await folder(0o700);
    const dataPath = join(parent, 'inner');
    const { url } = await start(dataPath);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await readFile(join(dataPath, 'data', 'PG_VERSION'), 'utf8')).toMatch(/^18/);
  });

  describe('whose folder is its data', () => {
    const NUMBER = 'SELECT value FROM kept';

    /** A stopped database with one row, in a folder that only we can enter. */
    async function kept(): Promise<{ parent: string; dataPath: string }> {
      const parent = await folder(0o700);
      const dataPath = join(parent, 'one');
      const server = await startEmbeddedPostgres({ dataPath });
      await query(server.url, 'CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)');
      await server.stop();
      return { parent, dataPath };
    }

    it('has the same rows when the folder is moved, and is empty when it is deleted', async () => {
      const { parent, dataPath } = await kept();
      await rename(dataPath, join(parent, 'two'));
      const moved = await startEmbeddedPostgres({ dataPath: join(parent, 'two') });
      expect(await query(moved.url, NUMBER)).toEqual([{ value: 7 }]);
      await moved.stop();
      await rm(join(parent, 'two'), { recursive: true });
      const { url } = await start(join(parent, 'two'));
      await expect(query(url, NUMBER)).rejects.toMatchObject({ code: '42P01' });
    });

    it('opens a copy beside the original, each with rows of its own, though the copy was made while the original ran', async () => {
      const { parent, dataPath } = await kept();
      const original = await start(dataPath);
      const copyPath = join(parent, 'copy');
      // As `cp -r` makes it: everything belongs to whoever copies.
      await cp(dataPath, copyPath, { recursive: true });
      await chmod(join(copyPath, 'data'), 0o755);
      expect(await readdir(join(copyPath, 'data'))).toContain('postmaster.pid');
      const copy = await start(copyPath);
      await query(copy.url, 'INSERT INTO kept VALUES (8)');
      expect(await query(original.url, NUMBER)).toEqual([{ value: 7 }]);
      expect(await query(copy.url, NUMBER)).toEqual([{ value: 7 }, { value: 8 }]);
    });

    it('says so when the database is gone from the folder, instead of starting empty', async () => {
      const { dataPath } = await kept();
      await rm(join(dataPath, 'data'), { recursive: true });
      await expect(startEmbeddedPostgres({ dataPath })).rejects.toThrow(
        /database is missing.*or remove the folder to start empty/s,
      );
    });

    it('starts after a kill in the middle of the first start', async () => {
      const dataPath = join(await folder(), 'one');
      await mkdir(join(dataPath, 'data.partial'), { recursive: true });
      await writeFile(join(dataPath, 'password'), 'half');
      expect(await query((await start(dataPath)).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });

    it('finds the database that an earlier version kept in a place of its own, once', async () => {
      const { parent, dataPath } = await kept();
      const [shared, data] = [join(parent, 'shared'), join(dataPath, 'data')];
      const place = join(shared, createHash('sha256').update(dataPath).digest('hex').slice(0, 16));
      await mkdir(shared);
      await rename(data, place);
      await writeFile(`${place}.origin`, dataPath);
      await bringHome(dataPath, data, shared);
      expect(await query((await start(dataPath)).url, NUMBER)).toEqual([{ value: 7 }]);
      expect(await readdir(shared)).toEqual([]);
    });

    it('names the places of an earlier version whose folders moved', async () => {
      const shared = await folder();
      await mkdir(join(shared, 'abc'));
      await writeFile(join(shared, 'abc', 'PG_VERSION'), '18');
      await writeFile(join(shared, 'abc.origin'), '/gone');
      expect(await strayPlaces(shared)).toEqual([{ place: join(shared, 'abc'), origin: '/gone' }]);
    });
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
  const [row] = (await query(url, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid")) as [
    { pid: number },
  ];
  return row.pid;
}

/** The shell above the server and its watcher. */
async function guardsOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const shell = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  const children = (await readFile(`/proc/${shell}/task/${shell}/children`, 'utf8')).trim().split(' ').map(Number);
  return [shell, ...children.filter((child) => child !== pid)];
}
