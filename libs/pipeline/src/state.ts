import { isFinal, type JobState, type StageState } from '#contracts';

/** What is to be done next with a job. */
export type Step = { kind: 'run'; index: number } | { kind: 'finish' } | { kind: 'none' };

/** Stages run in order and each only once all before it have succeeded; a job that has ended needs nothing. */
export function nextStep(state: JobState, stages: readonly StageState[]): Step {
  if (isFinal(state)) return { kind: 'none' };
  const index = stages.findIndex((stage) => stage !== 'succeeded');
  const stage = stages[index];
  if (stage === undefined) return { kind: 'finish' };
  switch (stage) {
    case 'waiting':
    // A running stage may have lost its worker: whoever asks has been given it by the queue.
    case 'running':
      return { kind: 'run', index };
    case 'failed':
    case 'cancelled':
    case 'succeeded':
      return { kind: 'none' };
    default:
      return unreachable(stage);
  }
}

/** The state that the stages add up to. */
export function jobState(stages: readonly StageState[]): JobState {
  if (stages.includes('failed')) return 'failed';
  if (stages.includes('cancelled')) return 'cancelled';
  if (stages.every((stage) => stage === 'succeeded')) return 'succeeded';
  return stages.every((stage) => stage === 'waiting') ? 'queued' : 'running';
}

function unreachable(state: never): never {
  throw new TypeError(`unknown stage state ${String(state)}`);
}
