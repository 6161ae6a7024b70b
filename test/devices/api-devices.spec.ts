import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  BenchmarkSettings,
  LONGEST_POLL_MS,
  Recipe,
  UNREAD_CONDITION,
  type Benchmark,
  type Device,
  type DeviceMeasurement,
  type EnrolmentCode,
  type Job,
} from '#contracts';
import { BenchmarkRepository, connect, JobRepository, type Database, type NewBenchmark } from '#database';
import { ApiHarness } from '../api-harness.js';
import { FINGERPRINT, HandDevice } from './hand-device.js';

interface HistoryPage {
  items: DeviceMeasurement[];
  nextCursor: string | null;
}

const run = promisify(execFile);
const LABELS = ['baseline', '1 prune'];
const NOBODY = '00000000-0000-4000-8000-000000000000';
/** Nothing is lost by itself here, however slow the machine: what is to be late is made so in the records. */
const NEVER_MS = 3600_000;

describe('devices', () => {
  let api: ApiHarness;
  let database: Database;
  let benchmarks: BenchmarkRepository;
  let jobs: JobRepository;
  let modelId = '';

  beforeAll(async () => {
    api = await ApiHarness.start({
      deviceLostMs: NEVER_MS,
      benchmarkAttempts: 3,
      benchmarkStallMs: NEVER_MS,
    });
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
    wanted: { name?: string; tag?: string; fresh?: boolean; seed?: number; settings?: object; digests?: string[] }[],
  ): Promise<Job> {
    const recipe = Recipe.parse({ passes: [{ pass: 'evaluate' }] });
    const stages = [{ pass: 'evaluate', options: {} }];
    const preflight = { problems: [], skipped: [] };
    const job = await jobs.create({ name: null, modelId, datasetId: null, recipe, preflight, stages });
    const list = wanted.map(({ name, tag, fresh = false, seed = 0, settings, digests = [] }): NewBenchmark => ({
      asked: name ?? `any of ${tag}`,
      wantedName: name ?? null,
      wantedTag: tag ?? null,
      work: {
        models: [job.modelId, ...digests].map((digest, index) => ({ digest, label: LABELS[index]! })),
        inputs: [{ name: 'x', type: 'float32', dims: [1, 8] }],
        settings: BenchmarkSettings.parse({ quick: true, seed, ...settings }),
      },
      fresh,
      known: null,
    }));
    await benchmarks.create(job.id, 0, list, NEVER_MS);
    return job;
  }

  const seen = async (job: Job): Promise<Benchmark[]> =>
    (await api.call<{ items: Benchmark[] }>('GET', `/v1/jobs/${job.id}/benchmarks`)).body.items;
  const one = async (job: Job): Promise<Benchmark> => (await seen(job))[0]!;
  const device = async (id: string): Promise<Device> => (await api.call<Device>('GET', `/v1/devices/${id}`)).body;

  /** As if the benchmarks of a job had been asked for a day ago, and this moment of theirs had been as long ago. */
  const makeLate = (job: Job, moment: 'expires_at' | 'deadline_at' | 'progressed_at') =>
    database.pool.query(
      `update benchmarks set created_at = created_at - interval '1 day', ${moment} = ${moment} - interval '1 day'
       where job_id = $1`,
      [job.id],
    );

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
      const waiting = pi.poll(LONGEST_POLL_MS);
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
      await makeLate(job, 'expires_at');
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
      const job = await ask([{ name: 'pi-2', seed: 2 }]);
      const before = await pi.take();
      const earlier = pi.instance;
      await pi.restart();
      const error = { code: 'benchmark_lost', message: expect.stringContaining('started anew') as string };
      expect(await one(job)).toMatchObject({ state: 'waiting', error });
      const after = await pi.take();
      expect(after).toMatchObject({ id: before.id, fence: before.fence + 1 });
      const json = { instance: earlier, waitMs: 0, condition: UNREAD_CONDITION };
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

    it('is in the history of its device, the newest first, a page at a time, and by model', async () => {
      const pod = await HandDevice.enrol(api, 'pod-3');
      const jobIds: string[] = [];
      for (const ms of [3, 4, 5]) {
        jobIds.unshift((await ask([{ name: 'pod-3', seed: 91, fresh: true }])).id);
        await pod.result(await pod.take(), [Array.from({ length: 12 }, () => ms)]);
      }
      await ask([{ name: 'pod-3', seed: 91 }]);
      expect((await pod.poll()).body.lease).toBeNull();
      const history = async (search: string) =>
        (await api.call<HistoryPage>('GET', `/v1/devices/${pod.id}/benchmarks${search}`)).body;
      const first = await history('?limit=2');
      const rest = await history(`?limit=2&cursor=${first.nextCursor}`);
      const items = [...first.items, ...rest.items];
      expect(items.map(({ jobId, models }) => [jobId, models[0]?.p50])).toEqual(
        jobIds.map((id, index) => [id, 5 - index]),
      );
      expect(rest.nextCursor).toBeNull();
      expect(items[0]).toMatchObject({ modelId, title: 'evaluate', models: [{ digest: modelId, label: 'baseline' }] });
      expect((await history(`?model=${modelId}`)).items).toHaveLength(3);
      expect((await history(`?model=${'0'.repeat(64)}`)).items).toEqual([]);
      expect(await api.problem('GET', `/v1/devices/${NOBODY}/benchmarks`)).toMatchObject({ status: 404 });
      expect(await api.problem('GET', `/v1/devices/${pod.id}/benchmarks?cursor=x`)).toMatchObject({ status: 400 });
    });
  });

  describe('of a sustained measurement', () => {
    const SECONDS = 240;
    const at = Array.from({ length: 2 * SECONDS }, (_, i) => i / 2);
    const growing = (from: number, to: number) => at.map((second) => from + ((to - from) * second) / SECONDS);

    it('there are the first minute, the last, and a warning where models change places', async () => {
      const pi = await HandDevice.enrol(api, 'pi-long');
      const settings = { quick: false, sustainedSeconds: SECONDS };
      const job = await ask([{ name: 'pi-long', seed: 63, settings, digests: ['b'.repeat(64)] }]);
      await pi.result(await pi.take(), [growing(2, 4), growing(3, 3)], { atSeconds: at });
      const { result } = await one(job);
      expect(result?.models[0]?.sustained).toMatchObject({
        windowSeconds: 60,
        firstMs: expect.closeTo(2.25, 1) as number,
      });
      expect(result?.models[0]?.sustained?.ratio).toBeCloseTo(3.75 / 2.25, 1);
      expect(result?.warnings).toEqual([
        expect.stringMatching(/^1 prune is 0\.7.x as fast as baseline in the first 1 min/),
      ]);
      expect(result).not.toHaveProperty('atSeconds');
    });

    it('nothing is said where the device timed for less, but why', async () => {
      const pi = await HandDevice.enrol(api, 'pi-short');
      const job = await ask([{ name: 'pi-short', seed: 64, settings: { quick: false, sustainedSeconds: 600 } }]);
      await pi.result(await pi.take());
      const { result } = await one(job);
      expect(result?.models[0]?.sustained).toBeUndefined();
      expect(result?.notes[0]).toContain('10 min were asked for; its agent sent the times of 0 s');
    });
  });

  describe('a result of a machine that was hot', () => {
    it.each<[string, object, object, RegExp]>([
      [
        'before',
        { maxTemperatureC: 75 },
        { before: { ...UNREAD_CONDITION, temperatureC: 90 } },
        /begun over its limits: 90/,
      ],
      [
        'meanwhile',
        {},
        { before: { ...UNREAD_CONDITION, throttled: 1 }, after: { ...UNREAD_CONDITION, throttled: 4 } },
        /heat lowered the frequency 3 times/,
      ],
    ])('%s is inconclusive, which says why', async (when, settings, more, reason) => {
      const pi = await HandDevice.enrol(api, `pi-heat-${when}`);
      const job = await ask([{ name: pi.name, seed: 65, settings, digests: ['b'.repeat(64)] }]);
      const fast = Array.from({ length: 40 }, (_, i) => 1 + i / 1000);
      await pi.result(await pi.take(), [fast.map((ms) => 2 * ms), fast], more);
      const ratio = (await one(job)).result?.models[1]?.latencyRatio;
      expect(ratio).toMatchObject({ verdict: 'inconclusive', reason: expect.stringMatching(reason) as string });
    });
  });

  it.each([
    ['a time that no clock has', [[1e308, 2, 3]], {}, 400],
    ['memory that no machine has', [], { before: { ...UNREAD_CONDITION, load: 1e300 } }, 400],
    ['a sample of next to no time', [[1e-300, 2, 3]], {}, 422],
    ['other numbers of times than of samples', [], { atSeconds: [0, 1] }, 422],
  ])('a result with %s is refused', async (what, samples, more, status) => {
    const pi = await HandDevice.enrol(api, `pi-${what.replaceAll(' ', '-').slice(0, 40)}`);
    await ask([{ name: pi.name, seed: 66 }]);
    expect((await pi.result(await pi.take(), samples, more)).status).toBe(status);
  });

  describe('states', () => {
    it('tell why nobody takes a benchmark, until its time is up', async () => {
      const job = await ask([{ name: 'nowhere' }, { tag: 'nothing' }]);
      const [byName, byTag] = await seen(job);
      expect(byName).toMatchObject({ status: 'no_eligible_device' });
      expect(byTag?.reason).toContain('no device has the tag nothing');
      await makeLate(job, 'deadline_at');
      const [failed] = await until(
        () => seen(job),
        (list) => list.every(({ state }) => state === 'failed'),
      );
      expect(failed?.error).toMatchObject({ code: 'benchmark_no_eligible_device' });
      expect(failed?.error?.message).toContain('no device is called nowhere');
    });

    it('a device that is not heard of is offline, and usable again as soon as it asks', async () => {
      const pi = await HandDevice.enrol(api, 'pi-6');
      expect(await device(pi.id)).toMatchObject({ state: 'online' });
      await database.pool.query(`update devices set last_seen_at = now() - interval '1 day' where id = $1`, [pi.id]);
      const gone = await device(pi.id);
      expect(gone).toMatchObject({ state: 'offline', reason: expect.stringContaining('offline since') as string });
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
      const json = { fence: 2 ** 31, progress: 0, condition: UNREAD_CONDITION };
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
      const waiting = pi.poll(LONGEST_POLL_MS);
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
      expect((await api.call<Device>('POST', `/v1/devices/${pi.id}/resume`)).body).toMatchObject({ failures: 0 });
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

    it('a device over the limits of a benchmark is not given it, which its state says, until it has cooled', async () => {
      const pi = await HandDevice.enrol(api, 'pi-hot');
      const limits = { maxTemperatureC: 75, maxLoad: 0.5 };
      const job = await ask([{ name: 'pi-hot', seed: 60, settings: limits }]);
      const other = await ask([{ name: 'pi-hot', seed: 61 }]);
      const hot = { ...UNREAD_CONDITION, temperatureC: 81, load: 3 };
      await pi.result((await pi.poll(0, hot)).body.lease!);
      expect(await one(other)).toMatchObject({ state: 'succeeded' });
      expect((await pi.poll(0, hot)).body.lease).toBeNull();
      expect(await one(job)).toMatchObject({
        status: 'over_limits',
        reason: 'pi-hot waits: 81 degrees, limit 75, load 0.8 a processor, limit 0.5',
      });
      const lease = (await pi.poll(0, { ...UNREAD_CONDITION, temperatureC: 74.5, load: 2 })).body.lease!;
      await pi.result(lease);
      expect((await one(job)).result?.notes).toEqual([
        expect.stringContaining('the temperature cannot be read there') as string,
        expect.stringContaining('the load cannot be read there') as string,
        'its agent does not measure energy, what ran each node, memory',
        'the inputs are made up',
      ]);
    });

    it.each<[string, object, object, object, string]>([
      [
        'governor',
        { governor: 'performance' },
        { governor: 'powersave' },
        { governor: 'performance' },
        'governor powersave, wanted performance',
      ],
      [
        'frequency',
        { minFrequencyMhz: 2000 },
        { allowedMhz: 1500 },
        { allowedMhz: 2000 },
        '1500 MHz allowed, limit 2000',
      ],
      ['mains', { mains: true }, { onBattery: true }, { onBattery: false }, 'on battery, wanted on mains'],
      ['battery', { minBatteryPercent: 30 }, { batteryPercent: 12 }, { batteryPercent: 30 }, 'battery 12 %, limit 30'],
    ])('a device is held against the limit of its %s', async (what, limits, over, kept, words) => {
      const pi = await HandDevice.enrol(api, `pi-limit-${what}`);
      const job = await ask([{ name: pi.name, seed: 70, settings: limits }]);
      expect((await pi.poll(0, { ...UNREAD_CONDITION, ...over })).body.lease).toBeNull();
      expect(await one(job)).toMatchObject({ status: 'over_limits', reason: `${pi.name} waits: ${words}` });
      expect((await pi.poll(0, { ...UNREAD_CONDITION, ...kept })).body.lease).not.toBeNull();
      const blind = await HandDevice.enrol(api, `pi-blind-${what}`);
      await ask([{ name: blind.name, seed: 71, settings: limits }]);
      expect((await blind.poll(0)).body.lease).not.toBeNull();
    });

    it('a device that says again and again that it measures, and gets nowhere, is given up and counted', async () => {
      const pi = await HandDevice.enrol(api, 'pi-stuck');
      const job = await ask([{ name: 'pi-stuck', seed: 62 }]);
      const lease = await pi.take();
      for (let times = 0; times < 2; times++) expect((await pi.heartbeat(lease)).status).toBe(200);
      await makeLate(job, 'progressed_at');
      const lost = await until(
        () => pi.heartbeat(lease),
        ({ status }) => status !== 200,
      );
      expect(lost).toMatchObject({ status: 409, body: { code: 'lease_lost' } });
      expect(await device(pi.id)).toMatchObject({ failures: 1 });
      expect(await one(job)).toMatchObject({ state: 'waiting', error: { code: 'benchmark_stalled' } });
    });

    it('a device that is removed while it asks for work is told so at once', async () => {
      const pi = await HandDevice.enrol(api, 'pi-gone');
      const waiting = pi.poll(LONGEST_POLL_MS);
      await until(
        () => device(pi.id),
        ({ condition }) => condition !== null,
      );
      await api.call('DELETE', `/v1/devices/${pi.id}`);
      expect(await waiting).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
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
