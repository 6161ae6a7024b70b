import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '#client';
import type { Job } from '#contracts';
import { Door } from './door.js';

const JOB = { id: '11111111-2222-4333-8444-555555555555' } as Job;

describe('the limit of unfinished jobs', () => {
  let server: Server;
  let status = 404;
  let door: Door;
  beforeEach(async () => {
    server = createServer((_, response) => {
      const problem = { type: 'about:blank', title: 'no', status, code: 'refused', detail: 'no' };
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const client = createClient({ url: `http://127.0.0.1:${port}`, apiKey: 'cp_key' });
    door = new Door(client, { folder: '.', jobs: 1 });
    await door.submit(() => Promise.resolve(JOB));
  });
  afterEach(() => server.close());

  it('has room again where a job was deleted', async () => {
    status = 404;
    await expect(door.submit(() => Promise.resolve(JOB))).resolves.toBe(JOB);
  });

  it('lets no job through where the server does not say whether the last has ended', async () => {
    status = 403;
    const submission = jest.fn(() => Promise.resolve(JOB));
    await expect(door.submit(submission)).rejects.toMatchObject({ problem: { status: 403 } });
    expect(submission).not.toHaveBeenCalled();
  });
});

describe('the folder of a door', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'coldpress-door-')));
    for (const name of ['inside/data', 'inside/other', 'outside']) await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, 'outside/secret.png'), '');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const admit = (reference: string) =>
    new Door({} as Client, { folder: join(folder, 'inside'), jobs: 1 }).admit(reference);

  it('is left neither by a path nor by a link, also one in a folder that a link leads to', async () => {
    await symlink('../other', join(folder, 'inside/data/other'));
    await symlink('../data', join(folder, 'inside/other/around'));
    await expect(admit('data')).resolves.toBe(join(folder, 'inside/data'));
    await expect(admit('../outside')).rejects.toThrow('../outside lies outside of');
    await symlink('../../outside', join(folder, 'inside/other/way'));
    await expect(admit('data')).rejects.toThrow('data/other/way lies outside of');
  });
});
