import { kernelsOf, nodeProfiles, type KernelEvent, type NodeProfile } from '#measurement';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProfileError } from './errors.js';
import { Session, type SessionOptions } from './session.js';
import type { HostTensors } from './tensor.js';

export interface ProfileOptions extends Omit<SessionOptions, 'profilePrefix'> {
  /** Runs that count, after `warmup` runs that do not. */
  runs?: number;
  warmup?: number;
}

/**
 * Where the time of one inference goes, node by node in order of execution, measured by the runtime itself. Profiling
 * slows small nodes down: compare shares, and take latencies without it.
 */
export async function profileModel(
  model: Uint8Array | string,
  feeds: HostTensors,
  options: ProfileOptions = {},
): Promise<NodeProfile[]> {
  const { runs = 10, warmup = 2, ...settings } = options;
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-profile-'));
  try {
    const session = await Session.create(model, { ...settings, profilePrefix: join(folder, 'profile') });
    try {
      for (let run = 0; run < runs + warmup; run++) await session.run(feeds);
    } finally {
      await session.release();
    }
    return nodeProfiles(await readTrace(folder), runs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** ORT names the file itself, from the prefix and the time. */
async function readTrace(folder: string): Promise<KernelEvent[]> {
  const [file] = await readdir(folder);
  if (!file) throw new ProfileError('onnxruntime wrote no profile');
  return parseTrace(await readFile(join(folder, file), 'utf8'));
}

/** The kernels of a trace, in the order in which they ran. Throws ProfileError for text that is no trace. */
export function parseTrace(text: string): KernelEvent[] {
  if (!text.startsWith('[')) throw new ProfileError('the profile of onnxruntime is not a list of events');
  return kernelsOf(text);
}
