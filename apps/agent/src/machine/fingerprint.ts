import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import type { DeviceFingerprint } from '#contracts';
import { readGovernor } from './condition.js';
import { readInstructions } from './instructions.js';
import { readText } from './read.js';

/** Kernels reserve a little more or less at each start. */
const MEMORY_STEP_MB = 64;

export interface RuntimeFacts {
  runtime: string;
  providers: string[];
}

/** What of this machine decides how long a model takes on it. */
export function readFingerprint({ runtime, providers }: RuntimeFacts): DeviceFingerprint {
  const memoryMb = totalmem() / 1024 ** 2;
  return {
    kind: 'agent',
    cpu: (cpus()[0]?.model.trim() || readText('/proc/device-tree/model').replaceAll('\0', '') || arch()).slice(0, 200),
    isa: readInstructions(),
    cores: availableParallelism(),
    memoryMb: Math.round(memoryMb / MEMORY_STEP_MB) * MEMORY_STEP_MB,
    ...readGovernor(),
    os: `${platform()} ${release().split('.').slice(0, 2).join('.')}`,
    arch: arch(),
    runtime,
    providers,
  };
}
