import { cpus } from 'node:os';
import type { Config } from '#contracts';
import { RUNTIME_VERSION } from '#inference';
import type { StageMachine } from '#pipeline';
import { describeHardware, readHardware } from './hardware.js';

const hardware = readHardware();

/**
 * What of this machine, and of how it is set up, decides the results of stages. Its name decides nothing: a worker in a
 * new pod finds the results of the one before.
 */
export function stageMachine({
  stageThreads,
  stageMemoryMb,
  concurrency,
}: Pick<Config, 'stageThreads' | 'stageMemoryMb' | 'concurrency'>): StageMachine {
  return {
    engine: RUNTIME_VERSION,
    threads: stageThreads,
    memoryMb: stageMemoryMb,
    hardware: describeHardware(hardware),
    concurrency,
  };
}

/** This machine in the summary of each stage that it runs, by whose clock its times are. */
export const MACHINE = `${hardware.cpu}, ${cpus().length} cores`;
