import { setTimeout as wait } from 'node:timers/promises';
import type { Config, EnrolmentCode, Model } from '#contracts';
import { connect, type Database } from '#database';
import { writeModel } from '#onnx';
import { convNet } from '#testing';
import { FakeAgent, POLL_MS, type Fault, type FleetPlan } from './fleet/fake-agent.js';
import { WorkQueue } from './fleet/work-queue.js';
import { quantile, round, type BenchResult } from './harness.js';
import { Servers } from './servers.js';

const AGENTS = 20;
const FAULTS = 1000;
const IDLE = 200;
/** Times of the protocol, made short so that a fault costs a second. */
const HEARTBEAT_MS = 200;
const LOST_MS = 1200;
/** Of a benchmark: as long as a few heartbeats. */
const WORK_MS = [50, 600] as const;
/** Share of leases to which something happens, and open benchmarks for each agent. */
const FAULT_SHARE = 0.7;
const AHEAD = 3;
/** Leases of idle agents that are timed. */
const LEASES = 200;
/** In which the API's CPU is read: each agent asks anew twice, whenever it began. */
const IDLE_SECONDS = (2 * POLL_MS) / 1000;
const LONGEST_WAIT_MS = 120_000;
const KINDS: readonly Fault[] = ['kill', 'pause', 'partition'];

/**
 * Leases under kills, pauses and partitions, and what idle agents cost. Words: `agents N`, `faults N`, `idle N`.
 */
export async function run(parts: readonly string[]): Promise<BenchResult[]> {
  const [agents, faults, idle] = [
    wanted(parts, 'agents', AGENTS),
    wanted(parts, 'faults', FAULTS),
    wanted(parts, 'idle', IDLE),
  ];
  const short = { deviceHeartbeatMs: HEARTBEAT_MS, deviceLostMs: LOST_MS, benchmarkAttempts: 1_000_000 };
  return [
    await measure(short, (servers, queue) => shake(servers, queue, agents, faults)),
    await measure({}, (servers, queue, database) => rest(servers, queue, database, idle)),
  ];
}

type Measured = (servers: Servers, queue: WorkQueue, database: Database) => Promise<BenchResult>;

/** With an API of its own and no worker. */
async function measure(settings: Partial<Config>, work: Measured): Promise<BenchResult> {
  const servers = await Servers.open('postgres', settings);
  const database = connect(servers.config.databaseUrl);
  try {
    await servers.kill('worker', 'SIGTERM');
    const bytes = new Uint8Array(writeModel(convNet({ channels: [1, 4, 4], size: 8, classes: 4 })));
    const queue = new WorkQueue(database, await servers.call<Model>('POST', '/v1/models', bytes));
    return await work(servers, queue, database);
  } finally {
    await database.close();
    await servers.stop();
  }
}

/** Faults over busy agents: each result must be taken once, and no agent may be left behind. */
async function shake(servers: Servers, queue: WorkQueue, agents: number, faults: number): Promise<BenchResult> {
  const taken = new Map<string, Set<number>>();
  let left = faults;
  const plan = planOf({
    fault: () => (left > 0 && Math.random() < FAULT_SHARE ? ((left -= 1), pick(KINDS)) : null),
    onTaken: (benchmark, fence) => void taken.set(benchmark, (taken.get(benchmark) ?? new Set()).add(fence)),
  });
  const names = await enrol(servers, 'busy', agents, ['busy'], plan);
  while (left > 0) {
    while ((await queue.open()) < AHEAD * agents) await queue.add([{ tag: 'busy' }]);
    await wait(HEARTBEAT_MS / 2);
  }
  // Each agent must take one more by its name, whatever has happened to it.
  await queue.add(names.map(({ name }) => ({ name })));
  const stuck = await drained(queue);
  for (const { stop } of names) await stop();
  return {
    case: 'faults',
    agents,
    faults,
    results: taken.size,
    doubleResults: [...taken.values()].filter(({ size }) => size > 1).length,
    stuck,
  };
}

/** Agents that wait: how fast one of them has its lease, and what all of them cost the server. */
async function rest(servers: Servers, queue: WorkQueue, database: Database, idle: number): Promise<BenchResult> {
  const begun = new Map<string, number>();
  const plan = planOf({ fault: () => null, onLease: (benchmark) => void begun.set(benchmark, Date.now()) }, 1);
  const names = await enrol(servers, 'idle', idle, ['idle'], plan);
  await wait(2 * HEARTBEAT_MS);
  const before = servers.cpuSeconds('api');
  await wait(1000 * IDLE_SECONDS);
  const cpu = (servers.cpuSeconds('api') - before) / IDLE_SECONDS;
  for (let lease = 0; lease < LEASES; lease++) {
    await queue.add([{ name: pick(names).name }]);
    await until(async () => (await queue.open()) === 0);
  }
  const { rows } = await database.pool.query<{ id: string; at: Date }>('select id, created_at as at from benchmarks');
  for (const { stop } of names) await stop();
  const waits = rows.flatMap(({ id, at }) => (begun.has(id) ? [(begun.get(id) ?? 0) - at.getTime()] : []));
  return {
    case: 'idle',
    agents: idle,
    leases: begun.size,
    leaseP50Ms: round(quantile(waits, 0.5)),
    leaseP95Ms: round(quantile(waits, 0.95)),
    apiCpuPercent: round(100 * cpu),
  };
}

interface Running {
  name: string;
  stop(): Promise<void>;
}

async function enrol(
  servers: Servers,
  kind: string,
  count: number,
  tags: string[],
  plan: FleetPlan,
): Promise<Running[]> {
  const running: Running[] = [];
  for (let index = 0; index < count; index++) {
    const { code } = await servers.call<EnrolmentCode>('POST', '/v1/devices/codes', {});
    const agent = await FakeAgent.enrol(servers.url, code, `${kind}-${index}`, tags, plan);
    const stopping = new AbortController();
    const ended = agent.run(stopping.signal);
    running.push({ name: agent.name, stop: () => (stopping.abort(), ended) });
  }
  return running;
}

function planOf(own: Partial<FleetPlan> & Pick<FleetPlan, 'fault'>, longestMs: number = WORK_MS[1]): FleetPlan {
  const [least] = WORK_MS;
  return {
    heartbeatMs: HEARTBEAT_MS,
    lostAfterMs: LOST_MS,
    workMs: () => Math.min(least, longestMs) + Math.random() * (longestMs - Math.min(least, longestMs)),
    onTaken: () => undefined,
    onLease: () => undefined,
    ...own,
  };
}

/** Benchmarks that are left once none has ended for long: a slow machine only takes its time. */
async function drained(queue: WorkQueue): Promise<number> {
  for (let left = await queue.open(); ;) {
    if (left === 0) return 0;
    const before = left;
    if (!(await until(async () => (left = await queue.open()) < before))) return left;
  }
}

/** Looks until it is so; false when that takes too long. */
async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + LONGEST_WAIT_MS; Date.now() < end; await wait(20)) if (await isSo()) return true;
  return false;
}

function pick<T>(items: readonly T[]): T {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** The number behind a word. */
function wanted(parts: readonly string[], word: string, fallback: number): number {
  const given = Number(parts[parts.indexOf(word) + 1]);
  return parts.includes(word) && Number.isFinite(given) ? given : fallback;
}
