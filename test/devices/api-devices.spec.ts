import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BenchmarkSettings, Recipe, type Benchmark, type Device, type EnrolmentCode, type Job } from '#contracts';
import { BenchmarkRepository, connect, JobRepository, type Database, type NewBenchmark } from '#database';
import { ApiHarness } from '../api-harness.js';
import { CONDITION, FINGERPRINT, HandDevice } from './hand-device.js';

const run = promisify(execFile);
const NOBODY = '00000000-0000-4000-8000-000000000000';
/** Long enough for a busy machine to send two messages, short enough to wait for. */
const LOST_MS = 1500;

describe('devices', () => {
  let api: ApiHarness;
  let database: Database;
  let benchmarks: BenchmarkRepository;
  let jobs: JobRepository;
  let modelId = '';

  beforeAll(async () => {
    api = await ApiHarness.start({ deviceHeartbeatMs: 300, deviceLostMs: LOST_MS, benchmarkAttempts: 3 });
    database = connect(api.config.databaseUrl);
    benchmarks = new BenchmarkRepository(database);
    jobs = new JobRepository(database);
    modelId = (await api.model()).id;
  });
  afterAll(async () => {
    await database.close();
    await api.stop();
  });

  /** A job of which these are to be measured; no worker ends it. */
  async function ask(
    wanted: { name?: string; tag?: string; fresh?: boolean; seed?: number }[],
    timeLimitMs = 600_000,
  ): Promise<Job> {
    const recipe = Recipe.parse({ passes: [{ pass: 'evaluate' }] });
    const stages = [{ pass: 'evaluate', options: {} }];
    const preflight = { problems: [], skipped: [] };
    const job = await jobs.create({ name: null, modelId, datasetId: null, recipe, preflight, stages });
    const list = wanted.map(({ name, tag, fresh = false, seed = 0 }): NewBenchmark => ({
      asked: name ?? `any of ${tag}`,
      wantedName: name ?? null,
      wantedTag: tag ?? null,
      work: {
        models: [{ digest: job.modelId, label: 'baseline' }],
        inputs: [{ name: 'x', type: 'float32', dims: [1, 8] }],
        settings: BenchmarkSettings.parse({ quick: true, seed }),
      },
      fresh,
      known: null,
    }));
    await benchmarks.create(job.id, 0, list, timeLimitMs);
    return job;
  }

  const seen = async (job: Job): Promise<Benchmark[]> =>
    (await api.call<{ items: Benchmark[] }>('GET', `/v1/jobs/${job.id}/benchmarks`)).body.items;
  const one = async (job: Job): Promise<Benchmark> => (await seen(job))[0]!;
  const device = async (id: string): Promise<Device> => (await api.call<Device>('GET', `/v1/devices/${id}`)).body;

  async function until<T>(look: () => Promise<T>, fits: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await look();
      if (fits(value)) return value;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  describe('enrolment', () => {
    it('trades a code once, for a key that opens the routes of devices and nothing else', async () => {
      const { body } = await api.call<EnrolmentCode>('POST', '/v1/devices/codes', { json: { name: 'pi-kitchen' } });
      expect(body.command).toContain(`/agent.tgz enrol ${body.code}`);
      expect(Date.parse(body.expiresAt) - Date.now()).toBeLessThanOrEqual(10 * 60_000);
      const json = { code: body.code, protocol: 1, version: '1', name: 'other', fingerprint: FINGERPRINT };
      const enrolled = await api.call<{ name: string; key: string }>('POST', '/v1/agent/enrol', { json, key: null });
      expect(enrolled).toMatchObject({ status: 201, body: { name: 'pi-kitchen' } });
      expect(await api.problem('POST', '/v1/agent/enrol', { json, key: null })).toMatchObject({
        status: 403,
        code: 'enrolment_code',
      });
      const { key } = enrolled.body;
      expect(await api.problem('GET', '/v1/models', { key })).toMatchObject({ status: 401, code: 'unauthorized' });
      expect((await api.problem('GET', '/v1/models', { key })).detail).toContain('the key of a device');
      expect(await api.problem('POST', '/v1/agent/hello', { json: {} })).toMatchObject({ status: 401 });
      const { rows } = await database.pool.query('select * from devices, enrolment_codes');
      expect(JSON.stringify(rows)).not.toContain(key);
    });

    it('refuses a name that is taken, and leaves the code good for another', async () => {
      await HandDevice.enrol(api, 'taken');
      const { code } = (await api.call<EnrolmentCode>('POST', '/v1/devices/codes', { json: {} })).body;
      const json = { code, protocol: 1, version: '1', name: 'taken', fingerprint: FINGERPRINT };
      expect(await api.problem('POST', '/v1/agent/enrol', { json, key: null })).toMatchObject({
        status: 409,
        code: 'device_name_taken',
      });
      const second = await api.call('POST', '/v1/agent/enrol', { json: { ...json, name: 'free' }, key: null });
      expect(second.status).toBe(201);
    });

    it('names the device that is in the way where the code gives the name', async () => {
      await HandDevice.enrol(api, 'in-the-way');
      const { code } = (await api.call<EnrolmentCode>('POST', '/v1/devices/codes', { json: { name: 'in-the-way' } }))
        .body;
      const json = { code, protocol: 1, version: '1', name: 'wished-for', fingerprint: FINGERPRINT };
      const problem = await api.problem('POST', '/v1/agent/enrol', { json, key: null });
      expect(problem).toMatchObject({ status: 409, code: 'device_name_taken' });
      expect(problem.detail).toContain('coldpress devices rm in-the-way');
    });

    it('refuses an agent of another protocol with the way out', async () => {
      const { code } = (await api.call<EnrolmentCode>('POST', '/v1/devices/codes', { json: {} })).body;
      const json = { code, protocol: 2, version: '9', name: 'newer', fingerprint: FINGERPRINT };
      const problem = await api.problem('POST', '/v1/agent/enrol', { json, key: null });
      expect(problem).toMatchObject({ status: 426, code: 'agent_outdated' });
      expect(problem.detail).toContain('/agent.tgz');
    });
  });

  describe('a lease', () => {
    it('is had while the device waits for it, lets it download that model alone, and takes one result', async () => {
      const pi = await HandDevice.enrol(api, 'pi-1');
      const waiting = pi.poll(10_000);
      const job = await ask([{ name: 'pi-1' }]);
      const lease = (await waiting).body.lease!;
      expect(await device(pi.id)).toMatchObject({ state: 'busy', reason: expect.stringContaining(job.id) as string });
      const file = await api.open('GET', lease.models[0]!.path, { key: pi.key });
      expect([file.status, (await file.arrayBuffer()).byteLength > 100]).toEqual([200, true]);
      const other = lease.models[0]!.path.replace(job.modelId, '0'.repeat(64));
      expect(await api.problem('GET', other, { key: pi.key })).toMatchObject({ status: 404 });
      expect((await pi.heartbeat(lease)).status).toBe(200);
      expect(await one(job)).toMatchObject({ state: 'running', progress: 0.5, attempts: 1 });
      expect((await pi.result(lease)).status).toBe(204);
      expect((await pi.result(lease)).status).toBe(204);
      const { state, result } = await one(job);
      expect(state).toBe('succeeded');
      expect(result?.models[0]).toMatchObject({ digest: job.modelId, p50: 2, p99: 2, low: 2, high: 2, perSecond: 500 });
    });

    it('that is lost goes to another device under a higher fence, and the late result is refused', async () => {
      const [first, second] = [
        await HandDevice.enrol(api, 'a-1', { tags: ['pair'] }),
        await HandDevice.enrol(api, 'a-2', { tags: ['pair'] }),
      ];
      const job = await ask([{ tag: 'pair', seed: 1 }]);
      const lost = await first.take();
      const found = await second.take(100);
      expect(found).toMatchObject({ id: lost.id, fence: lost.fence + 1 });
      expect(await first.result(lost)).toMatchObject({ status: 409, body: { code: 'lease_lost' } });
      expect(await first.heartbeat(lost)).toMatchObject({ status: 409, body: { code: 'lease_lost' } });
      expect(await one(job)).toMatchObject({ state: 'running', device: 'a-2', attempts: 2 });
      expect((await second.result(found)).status).toBe(204);
      expect(await one(job)).toMatchObject({ state: 'succeeded', device: 'a-2' });
    });

    it('of an agent that is started anew is free at once, and the earlier start is told to end', async () => {
      const pi = await HandDevice.enrol(api, 'pi-2');
      await ask([{ name: 'pi-2', seed: 2 }]);
      const before = await pi.take();
      const earlier = pi.instance;
      await pi.restart();
      const after = await pi.take();
      expect(after).toMatchObject({ id: before.id, fence: before.fence + 1 });
      const json = { instance: earlier, waitMs: 0, condition: CONDITION };
      expect(await pi.say('lease', json)).toMatchObject({ status: 409, body: { code: 'device_replaced' } });
    });

    it('asked for again by the same start is the same lease', async () => {
      const pi = await HandDevice.enrol(api, 'pi-3');
      await ask([{ name: 'pi-3', seed: 3 }]);
      expect(await pi.take()).toEqual(await pi.take());
    });

    it('ends with its job: nothing of a cancelled one is taken', async () => {
      const pi = await HandDevice.enrol(api, 'pi-4');
      const job = await ask([{ name: 'pi-4', seed: 4 }]);
      const lease = await pi.take();
      await api.call('POST', `/v1/jobs/${job.id}/cancel`);
      expect(await pi.heartbeat(lease)).toMatchObject({ status: 409, body: { code: 'lease_lost' } });
      expect(await one(job)).toMatchObject({ state: 'cancelled' });
      expect((await pi.poll()).body.lease).toBeNull();
    });

    it('takes no result of other models, or with samples that make no blocks', async () => {
      const pi = await HandDevice.enrol(api, 'pi-5');
      const job = await ask([{ name: 'pi-5', seed: 5 }]);
      const lease = await pi.take();
      const odd = { ...lease, models: [{ ...lease.models[0]!, digest: '0'.repeat(64) }] };
      expect(await pi.result(odd)).toMatchObject({ status: 422, body: { code: 'benchmark_result' } });
      expect(await one(job)).toMatchObject({ state: 'running' });
    });
  });

  describe('of those for any of a tag', () => {
    it('a device takes one of a stage', async () => {
      const [first, second] = [
        await HandDevice.enrol(api, 'p-1', { tags: ['phone'] }),
        await HandDevice.enrol(api, 'p-2', { tags: ['phone'], fingerprint: { ...FINGERPRINT, cpu: 'another' } }),
      ];
      await ask([
        { tag: 'phone', seed: 6 },
        { tag: 'phone', seed: 7 },
      ]);
      await first.result(await first.take());
      expect((await first.poll()).body.lease).toBeNull();
      expect((await second.poll()).body.lease).not.toBeNull();
    });
  });

  describe('a result', () => {
    it('is known again by models, fingerprint and settings whatever the device is called, unless asked for anew', async () => {
      const [first, second] = [await HandDevice.enrol(api, 'pod-1'), await HandDevice.enrol(api, 'pod-2')];
      await ask([{ name: 'pod-1', seed: 8 }]);
      await first.result(await first.take(), [Array.from({ length: 12 }, () => 7)]);
      const again = await ask([{ name: 'pod-2', seed: 8 }]);
      expect((await second.poll()).body.lease).toBeNull();
      const { state, cached, result } = await one(again);
      expect([state, cached, result?.models[0]?.p50]).toEqual(['succeeded', true, 7]);
      await ask([{ name: 'pod-2', seed: 8, fresh: true }]);
      expect((await second.poll()).body.lease).not.toBeNull();
    });
  });

  describe('states', () => {
    it('tell why nobody takes a benchmark, until its time is up', async () => {
      const job = await ask([{ name: 'nowhere' }, { tag: 'nothing' }], 400);
      const [byName, byTag] = await seen(job);
      expect(byName).toMatchObject({ status: 'no_eligible_device' });
      expect(byTag?.reason).toContain('no device has the tag nothing');
      const [failed] = await until(
        () => seen(job),
        (list) => list.every(({ state }) => state === 'failed'),
      );
      expect(failed?.error).toMatchObject({ code: 'benchmark_no_eligible_device' });
      expect(failed?.error?.message).toContain('no device is called nowhere');
    });

    it('a device that is not heard of is offline, and usable again as soon as it asks', async () => {
      const pi = await HandDevice.enrol(api, 'pi-6');
      const gone = await until(
        () => device(pi.id),
        ({ state }) => state === 'offline',
      );
      expect(gone.reason).toContain('offline since');
      const job = await ask([{ name: 'pi-6', seed: 9 }]);
      expect(await one(job)).toMatchObject({ state: 'waiting', status: 'all_offline' });
      await pi.take();
      expect(await device(pi.id)).toMatchObject({ state: 'busy' });
    });

    it('a benchmark says how many stand before it', async () => {
      const pi = await HandDevice.enrol(api, 'pi-7');
      await ask([{ name: 'pi-7', seed: 10 }]);
      const job = await ask([{ name: 'pi-7', seed: 11 }]);
      await pi.take();
      expect(await one(job)).toMatchObject({
        status: 'queued',
        reason: expect.stringMatching(/queued behind 1/) as string,
      });
      expect(await device(pi.id)).toMatchObject({ waiting: 1 });
    });

    it('a benchmark for any device of a tag says how many stand before it', async () => {
      const pi = await HandDevice.enrol(api, 'pi-tagged', { tags: ['queue'] });
      await ask([{ tag: 'queue', seed: 40 }]);
      const job = await ask([{ tag: 'queue', seed: 41 }]);
      await pi.take();
      const reason = expect.stringMatching(/queued behind 1/) as string;
      expect(await one(job)).toMatchObject({ status: 'queued', reason });
    });

    it('one of a tag that waits for a second device says so where there is only one', async () => {
      const pi = await HandDevice.enrol(api, 'pi-alone', { tags: ['alone'] });
      const job = await ask([
        { tag: 'alone', seed: 43 },
        { tag: 'alone', seed: 43 },
      ]);
      await pi.take();
      const { body } = await api.call<{ items: Benchmark[] }>('GET', `/v1/jobs/${job.id}/benchmarks`);
      const waiting = body.items.find(({ state }) => state === 'waiting');
      expect(waiting).toMatchObject({ status: 'no_eligible_device' });
      expect(waiting?.reason).toContain('enrol one more');
    });

    it('a fencing number that no lease can have is refused', async () => {
      const pi = await HandDevice.enrol(api, 'pi-fence');
      const lease = `leases/${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`;
      const json = { fence: 2 ** 31, progress: 0, condition: CONDITION };
      expect((await pi.say(`${lease}/heartbeat`, json)).status).toBe(400);
      const path = `/v1/agent/${lease}/models/${'a'.repeat(64)}?fence=${2 ** 31}`;
      expect(await api.problem('GET', path, { key: pi.key })).toMatchObject({ status: 400 });
    });

    it('a sample of no time is refused, as no ratio can be had of it', async () => {
      const pi = await HandDevice.enrol(api, 'pi-zero');
      await ask([{ name: 'pi-zero', seed: 42 }]);
      const answer = await pi.result(await pi.take(), [[0, 0, 0]]);
      expect(answer).toMatchObject({ status: 422, body: { code: 'benchmark_result' } });
    });

    it('a drained device gets nothing until it is resumed, and is woken then', async () => {
      const pi = await HandDevice.enrol(api, 'pi-8');
      await api.call('POST', `/v1/devices/${pi.id}/drain`);
      const job = await ask([{ name: 'pi-8', seed: 12 }]);
      expect((await pi.poll()).body).toMatchObject({ lease: null, state: 'draining' });
      expect(await one(job)).toMatchObject({ status: 'no_usable_device' });
      const waiting = pi.poll(10_000);
      await api.call('POST', `/v1/devices/${pi.id}/resume`);
      expect((await waiting).body.lease).not.toBeNull();
    });

    it('three failures in a row quarantine a device, and the benchmark fails with the last', async () => {
      const pi = await HandDevice.enrol(api, 'pi-9');
      const job = await ask([{ name: 'pi-9', seed: 13 }]);
      for (let failures = 1; failures <= 3; failures++) {
        await pi.failure(await pi.take());
        expect(await device(pi.id)).toMatchObject({ failures });
      }
      expect(await device(pi.id)).toMatchObject({
        state: 'quarantined',
        reason: expect.stringMatching(/3 failures in a row.*it broke.*resume pi-9/) as string,
      });
      expect(await one(job)).toMatchObject({ state: 'failed', error: { code: 'broken' } });
      expect((await api.call<Device>('POST', `/v1/devices/${pi.id}/resume`)).body).toMatchObject({ state: 'online' });
    });

    it('a failed health check quarantines at once; a model at fault fails its benchmark and nothing else', async () => {
      const pi = await HandDevice.enrol(api, 'pi-10');
      const broken = await ask([{ name: 'pi-10', seed: 14 }]);
      await pi.failure(await pi.take(), { permanent: true });
      expect(await one(broken)).toMatchObject({ state: 'failed' });
      expect(await device(pi.id)).toMatchObject({ failures: 0, state: 'online' });
      const other = await ask([{ name: 'pi-10', seed: 15 }]);
      await pi.failure(await pi.take(), { permanent: true, ok: false });
      expect(await one(other)).toMatchObject({ state: 'waiting' });
      expect((await device(pi.id)).reason).toContain('health check failed');
    });

    it('a removed device is refused with the way out, and its benchmark waits for another of its name', async () => {
      const pi = await HandDevice.enrol(api, 'pi-11');
      const job = await ask([{ name: 'pi-11', seed: 16 }]);
      const lease = await pi.take();
      expect((await api.call('DELETE', `/v1/devices/${pi.id}`)).status).toBe(204);
      expect(await pi.heartbeat(lease)).toMatchObject({ status: 401 });
      expect(await one(job)).toMatchObject({ state: 'waiting', status: 'no_eligible_device' });
      expect((await (await HandDevice.enrol(api, 'pi-11')).take()).id).toBe(lease.id);
    });
  });

  describe('the agent that the server serves', () => {
    it('is packed for the platform that npm tells of, with its runtime and nothing that is run at installation', async () => {
      const agent = 'npm/10.8.2 node/v20.20.0 linux arm64 workspaces/false';
      const response = await fetch(`${api.url}/agent.tgz`, { headers: { 'user-agent': agent } });
      const path = join(api.folder, 'agent.tgz');
      await writeFile(path, new Uint8Array(await response.arrayBuffer()));
      const { stdout } = await run('tar', ['tzf', path]);
      const files = stdout.split('\n');
      expect(files).toEqual(
        expect.arrayContaining([
          'package/main.js',
          'package/child/main.js',
          'package/node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
          'package/node_modules/onnxruntime-common/dist/cjs/index.js',
        ]),
      );
      expect(files.filter((name) => /x64|darwin|win32/.test(name))).toEqual([]);
      const read = await run('tar', ['xzOf', path, '--wildcards', '*package.json']);
      expect(read.stdout).not.toContain('scripts');
    });

    it.each([
      ['curl/8', '', 400, 'add ?platform= with one of linux-x64'],
      ['npm/10 node/v20 sunos sparc', '', 400, 'there is no runtime for sunos-sparc'],
      ['curl/8', '?platform=vax', 400, 'choose one of linux-x64'],
    ])('is refused to %s%s', async (agent, query, status, words) => {
      const response = await fetch(`${api.url}/agent.tgz${query}`, { headers: { 'user-agent': agent } });
      expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(words)]);
    });

    it('has an address for each version, of which the server has its own', async () => {
      expect((await fetch(`${api.url}/agent-0.0.1.tgz`)).status).toBe(404);
    });
  });

  it.each([
    ['GET', `/v1/devices/${NOBODY}`],
    ['POST', `/v1/devices/${NOBODY}/drain`],
    ['POST', `/v1/devices/${NOBODY}/resume`],
    ['DELETE', `/v1/devices/${NOBODY}`],
    ['GET', `/v1/jobs/${NOBODY}/benchmarks`],
  ])('404 for %s %s', async (method, path) => {
    expect(await api.problem(method, path)).toMatchObject({ status: 404, code: 'not_found' });
  });
});
