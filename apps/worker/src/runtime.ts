import { cpus, hostname, totalmem } from 'node:os';
import type { Config } from '#contracts';
import type { DeviceFacts } from '#database';
import { RUNTIME_VERSION } from '#inference';
import type { PlannedStage } from '#pipeline';

const cpu = cpus()[0]?.model.trim() ?? 'unknown';

/**
 * What of this machine decides a stage's result: the engine and the number of threads (sums are split by it); for a pass
 * that trains, the memory ceiling, by which batches are divided; and for a pass that measures, the machine itself, since a latency is
 * true of one machine only.
 */
export function stageRuntime({ stageThreads, stageMemoryMb }: Pick<Config, 'stageThreads' | 'stageMemoryMb'>): (stage: Pick<PlannedStage, 'reads'>) => string {
  return ({ reads }) => {
    const memory = reads.memory ? `, ${stageMemoryMb} MiB` : '';
    const machine = reads.machine ? `, ${cpu} on ${hostname()}` : '';
    return `${RUNTIME_VERSION}, ${stageThreads} threads${memory}${machine}`;
  };
}

/** This machine in the summary of each stage that it runs, by whose clock its times are. */
export const MACHINE = `${cpu}, ${cpus().length} cores`;

/** This machine as a device that measures models. */
export function localDevice(): { name: string; facts: DeviceFacts } {
  return { name: hostname(), facts: { cpu, cores: cpus().length, memoryBytes: totalmem(), platform: `${process.platform}-${process.arch}`, runtime: RUNTIME_VERSION } };
}
