import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '#client';
import { ModelCache } from '../cache/model-cache.js';
import { fetchFile } from './download.js';

const BYTES = Buffer.from('a model');
const DIGEST = createHash('sha256').update(BYTES).digest('hex');
const LEASE = { id: '5a1f3e10-0000-4000-8000-000000000002', fence: 1 };

let folder: string;
const servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coldpress-download-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(folder, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((done) => server.once('listening', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that gives the file to those who have the key, and says who asked. */
async function coldpress(asked: string[]) {
  const url = await serve(({ url: path, headers }, response) => {
    asked.push(`${path} ${headers.authorization}`);
    response.setHeader('content-type', 'application/octet-stream').end(BYTES);
  });
  return { client: createClient({ url, apiKey: 'cpd_key' }), cache: new ModelCache(folder, 1e9) };
}

const signal = () => new AbortController().signal;

it('a file comes from the store where it gives an address, without the key of the device', async () => {
  const asked: string[] = [];
  const heard: string[] = [];
  const parts = await coldpress(asked);
  const store = await serve(({ headers }, response) => {
    heard.push(headers.authorization ?? 'no key');
    response.end(BYTES);
  });
  const path = await fetchFile(LEASE, { digest: DIGEST, url: `${store}/x?signature` }, parts, signal());
  expect(await readFile(path)).toEqual(BYTES);
  expect([asked, heard]).toEqual([[], ['no key']]);
});

it.each<[string, RequestListener | null]>([
  ['is not reached', null],
  ['refuses', (_request, response) => void response.writeHead(403).end('<Error/>')],
  ['gives other bytes', (_request, response) => void response.end('other')],
  ['breaks off', (_request, response) => void response.writeHead(200, { 'content-length': '99' }).end('a mo')],
  ['leads elsewhere', (_request, response) => void response.writeHead(307, { location: 'http://127.0.0.1/' }).end()],
])('it comes through the server where the store %s', async (_how, listener) => {
  const asked: string[] = [];
  const parts = await coldpress(asked);
  const store = listener ? await serve(listener) : 'http://127.0.0.1:1';
  const path = await fetchFile(LEASE, { digest: DIGEST, url: `${store}/x` }, parts, signal());
  expect(await readFile(path)).toEqual(BYTES);
  expect(asked).toEqual([`/v1/agent/leases/${LEASE.id}/models/${DIGEST}?fence=1 Bearer cpd_key`]);
});
