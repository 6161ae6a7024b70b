import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { tellingInstructions } from '#contracts';

/** What of a machine decides how long a model takes on it. */
export interface Hardware {
  cpu: string;
  /** Processors that this process may use. */
  cores: number;
  /** Processors that its group is allowed, where that is fewer, as in a container; null without a limit. */
  quota: number | null;
  instructions: readonly string[];
  platform: string;
}

export function readHardware(): Hardware {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    quota: cpuQuota(read('/sys/fs/cgroup/cpu.max')),
    instructions: tellingInstructions(read('/proc/cpuinfo')),
    platform: `${process.platform}-${process.arch}`,
  };
}

/** In words, equal for machines on which a model takes equally long, whatever they are called. */
export function describeHardware({ cpu, cores, quota, instructions, platform }: Hardware): string {
  const allowed = quota !== null && quota < cores ? ` of which ${quota} may be used` : '';
  return `${cpu}, ${cores} cores${allowed}, ${[platform, ...instructions].join(' ')}`;
}

/** "200000 100000" is two processors, "max 100000" no limit (cgroup v2). */
export function cpuQuota(text: string): number | null {
  const [quota, period] = text.trim().split(' ').map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
