import { PROTOCOL, type DeviceState } from '#contracts';

/** What decides the state of a device. */
export interface DeviceFacts {
  name: string;
  tags: readonly string[];
  protocol: number;
  version: string;
  draining: boolean;
  /** Why it gets no work. */
  quarantine: string | null;
  lastSeenAt: Date;
}

/** What a device is at. */
export interface DeviceWork {
  /** The job in words. */
  job: string;
  progress: number;
}

export interface StateWords {
  state: DeviceState;
  reason: string;
}

/** The state of a device, with its reason and the way out of it. */
export function deviceState(
  device: DeviceFacts,
  work: DeviceWork | null,
  { now, lostAfterMs }: { now: Date; lostAfterMs: number },
): StateWords {
  const { name, lastSeenAt } = device;
  if (device.protocol !== PROTOCOL) return { state: 'outdated', reason: outdatedWords(device) };
  if (device.quarantine !== null)
    return { state: 'quarantined', reason: `${device.quarantine}; \`coldpress devices resume ${name}\` puts it back` };
  if (now.getTime() - lastSeenAt.getTime() > lostAfterMs)
    return { state: 'offline', reason: `offline since ${lastSeenAt.toISOString()}: start its agent` };
  const doing = work === null ? null : `measures ${work.job} (${Math.round(100 * work.progress)} %)`;
  if (device.draining)
    return { state: 'draining', reason: `${doing ?? 'is free'}, and takes no more until it is resumed` };
  return doing === null ? { state: 'online', reason: 'waits for work' } : { state: 'busy', reason: doing };
}

function outdatedWords({ name, protocol, version }: DeviceFacts): string {
  return `its agent ${version} speaks protocol ${protocol}, this server ${PROTOCOL}: start the agent of this server on ${name}`;
}
