import { parseEventStream, type Job, type JobEvent, type ServerEvent } from '#contracts';
import { connect, EventRepository, StageRepository, type Database } from '#database';
import { ApiHarness } from './api-harness.js';

const METRICS = { bytes: 100, compressedBytes: 50, parameters: 10, nonZeros: 5 };

/** An event of the stream: its id, empty for a snapshot, and what it says. */
interface Received {
  id: string;
  event: JobEvent;
}

describe('GET /v1/jobs/:id/events', () => {
  let api: ApiHarness;
  let database: Database;
  let stages: StageRepository;
  let events: EventRepository;

  beforeAll(async () => {
    api = await ApiHarness.start();
    database = connect(api.config.databaseUrl);
    stages = new StageRepository(database);
    events = new EventRepository(database);
  });
  afterAll(async () => {
    await stages.close();
    await events.close();
    await database.close();
    await api.stop();
  });

  async function* stream(jobId: string, lastId?: string, signal?: AbortSignal): AsyncGenerator<Received> {
    const response = await api.open(
      'GET',
      `/v1/jobs/${jobId}/events`,
      { headers: lastId === undefined ? {} : { 'last-event-id': lastId } },
      signal,
    );
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    for await (const { id, data } of parseEventStream(response.body!) as AsyncGenerator<ServerEvent>)
      yield { id, event: JSON.parse(data) as JobEvent };
  }

  async function all(jobId: string, lastId?: string): Promise<Received[]> {
    const received: Received[] = [];
    for await (const event of stream(jobId, lastId)) received.push(event);
    return received;
  }

  const idsOf = (received: Received[]) => received.flatMap(({ id }) => (id === '' ? [] : [Number(id)]));
  const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, i) => from + i);

  const log = (jobId: string, line: string) => events.append(jobId, { type: 'log', index: 0, line });

  /** What a worker would record. */
  async function runToTheEnd(job: Job): Promise<void> {
    await stages.start({ jobId: job.id, run: 1, index: 0 }, 'key');
    await stages.progress(job.id, { type: 'progress', index: 0, fraction: 0.5, message: 'half way' });
    await log(job.id, 'a line');
    await stages.succeed(job.id, 0, {
      key: 'k',
      cached: false,
      modelDigest: job.modelId,
      metrics: METRICS,
      skipped: [],
      summary: {},
      artifacts: [],
    });
    await stages.finish(job.id, { baseline: METRICS, gates: [], gatesPassed: null, artifacts: [] });
  }

  it('starts with a snapshot, gives every event in order, and ends with a snapshot when the job has ended', async () => {
    const job = await api.job();
    const received = all(job.id);
    await runToTheEnd(job);
    const events = await received;
    expect(events[0]).toMatchObject({ id: '', event: { type: 'snapshot', job: { id: job.id } } });
    expect(events.at(-1)).toMatchObject({
      id: '',
      event: { type: 'snapshot', job: { state: 'succeeded', baseline: METRICS } },
    });
    expect(idsOf(events)).toEqual(upTo(idsOf(events).length));
    expect(events.map(({ event }) => event.type)).toEqual(expect.arrayContaining(['stage', 'progress', 'log', 'job']));
  });

  it('gives a job that ended long ago from its first event, and ends', async () => {
    const job = await api.job();
    await runToTheEnd(job);
    const first = await all(job.id);
    expect(idsOf(first)).toEqual(upTo(idsOf(first).length));
    expect(await all(job.id)).toEqual(first);
  });

  it('resumes after any event without loss or repetition', async () => {
    const job = await api.job();
    await runToTheEnd(job);
    const whole = await all(job.id);
    const last = idsOf(whole).length;
    for (const id of upTo(last)) expect(idsOf(await all(job.id, String(id)))).toEqual(upTo(last, id + 1));
  });

  it('loses and repeats nothing when the client breaks off again and again while events come', async () => {
    const job = await api.job();
    await stages.start({ jobId: job.id, run: 1, index: 0 }, 'key');
    const lines = Array.from({ length: 60 }, (_, i) => `line ${i}`);
    const writing = (async () => {
      for (const line of lines) await log(job.id, line);
      await stages.cancel(job.id);
    })();
    const seen: Received[] = [];
    for (let lastId: string | undefined, over = false; !over;) {
      const abort = new AbortController();
      let taken = 0;
      over = true;
      for await (const received of stream(job.id, lastId, abort.signal)) {
        if (received.id === '') continue;
        seen.push(received);
        lastId = received.id;
        if (++taken < 7) continue;
        over = false;
        break;
      }
      abort.abort();
    }
    await writing;
    expect(idsOf(seen)).toEqual(upTo(seen.length));
    expect(seen.flatMap(({ event }) => (event.type === 'log' ? [event.line] : []))).toEqual(lines);
  });

  it('goes on through a retry of a job that had ended', async () => {
    const job = await api.job();
    await api.call('POST', `/v1/jobs/${job.id}/cancel`);
    await api.call('POST', `/v1/jobs/${job.id}/retry`);
    const received = all(job.id);
    await api.call('POST', `/v1/jobs/${job.id}/cancel`);
    const states = (await received).flatMap(({ event }) => (event.type === 'job' ? [event.state] : []));
    expect(states).toEqual(['queued', 'cancelled', 'queued', 'cancelled']);
  });

  it('400 for a Last-Event-ID that no event has', async () => {
    const { id } = await api.job();
    expect(await api.problem('GET', `/v1/jobs/${id}/events`, { headers: { 'last-event-id': 'abc' } })).toMatchObject({
      status: 400,
      errors: [{ field: 'Last-Event-ID' }],
    });
  });
});
