import { namesDotProducts } from './int8-kernels.js';
import type { PlannedStage } from './plan.js';

/** What of a worker decides the results of stages, as it is enrolled with its machine. */
export interface StageMachine {
  /** Name and version of the engine. */
  engine: string;
  /** Threads of a stage: sums are split by them. */
  threads: number;
  /** Ceiling of a stage's memory in MiB, by which batches of a training are divided. */
  memoryMb: number;
  /** The hardware, equal for machines on which a model takes equally long. */
  hardware: string;
  /** Stages at a time. */
  concurrency: number;
}

/** What of a machine enters the key of a stage: the more a pass reads of it, the more. */
export function stageRuntime(machine: StageMachine): (stage: Pick<PlannedStage, 'reads'>) => string {
  const { engine, threads, memoryMb, hardware, concurrency } = machine;
  return ({ reads }) => {
    const memory = reads.memory ? `, ${memoryMb} MiB` : '';
    const shared = concurrency > 1 ? `, ${concurrency} stages at a time` : '';
    const kernels = reads.kernels ? `, ${namesDotProducts(hardware) ? '' : 'no '}int8 dot products` : '';
    const clock = reads.machine ? ` on ${hardware}${shared}` : '';
    return `${engine}, ${threads} threads${memory}${kernels}${clock}`;
  };
}
