import type { BenchmarkState, BenchmarkStatus, DeviceCondition, DeviceState } from '#contracts';
import { overLimits, type EntryLimits } from './entry-limits.js';

/** What decides the status of a benchmark. */
export interface BenchmarkFacts {
  asked: string;
  wantedName: string | null;
  wantedTag: string | null;
  state: BenchmarkState;
  deviceName: string | null;
  progress: number;
  message: string;
  cached: boolean;
  error: { message: string } | null;
  /** Benchmarks for the same device that come before. */
  ahead: number;
  /** Names of devices that have another of the same stage and tag, and so do not take this one. */
  takenBy: readonly string[];
  /** What keeps it from being begun on a device that is hot or busy. */
  limits: EntryLimits;
}

/** A device as its state tells of it. */
export interface KnownDevice {
  name: string;
  tags: readonly string[];
  state: DeviceState;
  reason: string;
  condition: DeviceCondition | null;
  cores: number;
}

export interface StatusWords {
  status: BenchmarkStatus;
  reason: string;
}

/** Where a benchmark is and why, in words. `meanSeconds` is how long one takes, where that is known. */
export function benchmarkStatus(
  benchmark: BenchmarkFacts,
  devices: readonly KnownDevice[],
  meanSeconds: number | null,
): StatusWords {
  switch (benchmark.state) {
    case 'waiting':
      return waiting(benchmark, devices, meanSeconds);
    case 'running':
      return { status: 'running', reason: runningWords(benchmark) };
    case 'succeeded':
      return { status: 'ended', reason: benchmark.cached ? 'known from before' : 'measured' };
    case 'failed':
      return { status: 'ended', reason: benchmark.error?.message ?? 'failed' };
    case 'cancelled':
      return { status: 'ended', reason: 'cancelled with its job' };
    default:
      return unreachable(benchmark.state);
  }
}

const WORKING: readonly DeviceState[] = ['online', 'busy'];

function waiting(benchmark: BenchmarkFacts, devices: readonly KnownDevice[], mean: number | null): StatusWords {
  const { wantedName, wantedTag, takenBy } = benchmark;
  const isWanted = ({ name, tags }: (typeof devices)[number]) =>
    wantedName ? name === wantedName : tags.includes(`${wantedTag}`);
  const known = devices.filter(isWanted);
  if (known.length === 0) {
    const what = wantedName ? `no device is called ${wantedName}` : `no device has the tag ${wantedTag}`;
    return { status: 'no_eligible_device', reason: `${what}: enrol one with \`coldpress devices add\`` };
  }
  const eligible = known.filter(({ name }) => !takenBy.includes(name));
  if (eligible.length === 0) {
    const reason = `each device of the tag ${wantedTag} has one of this stage, and takes no other: enrol one more`;
    return { status: 'no_eligible_device', reason: `${reason} with \`coldpress devices add\`` };
  }
  const words = eligible.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  if (eligible.every(({ state }) => state === 'offline')) return { status: 'all_offline', reason: words };
  if (!eligible.some(({ state }) => WORKING.includes(state))) return { status: 'no_usable_device', reason: words };
  const hot = overWords(benchmark, eligible);
  if (hot !== null) return { status: 'over_limits', reason: hot };
  return { status: 'queued', reason: queuedWords(benchmark, eligible, mean) };
}

/** Where each device that could take it is over its limits; null where one may. */
function overWords({ limits }: BenchmarkFacts, eligible: readonly KnownDevice[]): string | null {
  const working = eligible.filter(({ state }) => WORKING.includes(state));
  const over = working.map(({ name, state, condition, cores }) => {
    const words = state === 'online' ? overLimits(limits, condition, cores) : null;
    return words === null ? null : `${name} waits: ${words}`;
  });
  return over.includes(null) ? null : over.join('; ');
}

function queuedWords({ ahead }: BenchmarkFacts, eligible: readonly KnownDevice[], mean: number | null): string {
  const minutes = mean === null ? '' : ` (about ${Math.max(1, Math.round((mean * ahead) / 60))} min)`;
  const behind = ahead === 0 ? 'is next' : `queued behind ${ahead}${minutes}`;
  const who = eligible.map(({ name, reason }) => `${name} ${reason}`).join('; ');
  return `${behind}: ${who}`;
}

function runningWords({ deviceName, asked, progress, message }: BenchmarkFacts): string {
  const detail = message === '' ? '' : `, ${message}`;
  return `${deviceName ?? asked} measures (${Math.round(100 * progress)} %${detail})`;
}

function unreachable(state: never): never {
  throw new TypeError(`unknown benchmark state ${String(state)}`);
}
