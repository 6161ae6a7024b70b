import { randomUUID } from 'node:crypto';
import { patiently, ProblemError, type Client } from '#client';
import { PROTOCOL, type AgentWelcome, type DeviceFingerprint, type LeaseAnswer } from '#contracts';
import type { ModelCache } from '../cache/model-cache.js';
import { readCondition } from '../machine/condition.js';
import { patienceOf } from './held-lease.js';
import { workOn } from './lease-work.js';

export interface AgentParts {
  client: Client;
  cache: ModelCache;
  fingerprint: DeviceFingerprint;
  /** Of this agent; it ends where the server serves another, if it may. */
  version: string;
  mayUpdate: boolean;
  log(line: string): void;
  /** The server knows this start. */
  onReady?(): void;
}

/** What the server serves, when that is another agent than this one. */
export type End = { update: string } | null;

/** Versions of a server whose agent nobody has built, or that is run from its sources. */
const UNBUILT = 'unbuilt';

/**
 * Says hello and works on leases until the signal aborts, or the server serves another version. Throws what the server
 * refuses: an unknown key, another agent under the same key.
 */
export async function runAgent(parts: AgentParts, stopping: AbortSignal): Promise<End> {
  const { client, fingerprint, version, log } = parts;
  const instance = randomUUID();
  const ask = <T>(what: () => Promise<T>) => patiently(what, patienceOf(stopping, troubleLog(log)));
  try {
    const hello = { protocol: PROTOCOL, version, instance, fingerprint, condition: readCondition() };
    const welcome = await ask(() => client.greetServer({ body: hello }));
    log(`is ${welcome.name} on ${client.url}, agent ${version}: ${welcome.reason}`);
    for (let last = welcome.reason; ;) {
      if (isOther(parts, welcome.serverVersion)) return { update: welcome.serverVersion };
      const answer = await ask(() => poll(parts, instance, welcome, stopping));
      if (answer.lease) await workOn(answer.lease, { ...parts, times: welcome }, stopping);
      else if (isOther(parts, answer.serverVersion)) return { update: answer.serverVersion };
      if (!answer.lease && answer.reason !== last) log((last = answer.reason));
    }
  } catch (error) {
    if (stopping.aborted) return null;
    if (parts.mayUpdate && error instanceof ProblemError && error.code === 'agent_outdated') return { update: 'newer' };
    throw error;
  }
}

function poll(
  { client }: AgentParts,
  instance: string,
  { pollMs }: AgentWelcome,
  signal: AbortSignal,
): Promise<LeaseAnswer> {
  return client.askForLease({ body: { instance, waitMs: pollMs, condition: readCondition() } }, { signal });
}

const isOther = ({ mayUpdate, version }: AgentParts, served: string): boolean =>
  mayUpdate && served !== UNBUILT && served !== version;

/** A server that is away is told once, not at every attempt. */
function troubleLog(log: (line: string) => void): (error: Error) => void {
  let last = '';
  return ({ message }) => {
    if (message !== last) log(`${(last = message)}; it is asked again`);
  };
}
