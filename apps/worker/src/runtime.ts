import { cpus, hostname, totalmem } from 'node:os';
import type { DeviceFacts } from '#database';
import { RUNTIME_VERSION } from '#inference';
import type { PlannedStage } from '#pipeline';

const cpu = cpus()[0]?.model.trim() ?? 'unknown';

/**
 * What of this machine decides a stage's result: the engine and the number of threads (sums are split by it); and for a
 * pass that measures, the machine itself, since a latency is true of one machine only.
 */
export function stageRuntime(threads: number): (stage: PlannedStage) => string {
  return ({ reads }) => {
    const engine = `${RUNTIME_VERSION}, ${threads} threads`;
    return reads.machine ? `${engine}, ${cpu} on ${hostname()}` : engine;
  };
}

/** This machine as a device that measures models. */
export function localDevice(): { name: string; facts: DeviceFacts } {
  return { name: hostname(), facts: { cpu, cores: cpus().length, memoryBytes: totalmem(), platform: `${process.platform}-${process.arch}`, runtime: RUNTIME_VERSION } };
}
