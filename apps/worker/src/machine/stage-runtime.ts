import { cpus } from 'node:os';
import type { Config } from '#contracts';
import { RUNTIME_VERSION } from '#inference';
import type { PlannedStage } from '#pipeline';
import { describeHardware, readHardware } from './hardware.js';

const hardware = readHardware();

/**
 * What of this machine decides a stage's result: the engine and the number of threads (sums are split by it); for a
 * pass that trains, the memory ceiling, by which batches are divided; and for a pass that measures, the hardware and
 * what shares it, since a latency is true of one kind of machine only. Its name decides nothing: a worker in a new pod
 * finds the results of the one before.
 */
export function stageRuntime({
  stageThreads,
  stageMemoryMb,
  concurrency,
}: Pick<Config, 'stageThreads' | 'stageMemoryMb' | 'concurrency'>): (stage: Pick<PlannedStage, 'reads'>) => string {
  return ({ reads }) => {
    const memory = reads.memory ? `, ${stageMemoryMb} MiB` : '';
    const shared = concurrency > 1 ? `, ${concurrency} stages at a time` : '';
    const machine = reads.machine ? ` on ${describeHardware(hardware)}${shared}` : '';
    return `${RUNTIME_VERSION}, ${stageThreads} threads${memory}${machine}`;
  };
}

/** This machine in the summary of each stage that it runs, by whose clock its times are. */
export const MACHINE = `${hardware.cpu}, ${cpus().length} cores`;
