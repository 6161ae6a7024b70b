import type { TrainerOptions } from './training.js';

/** What decides whether a training goes through the states of a shorter one. */
type Trained = Pick<TrainerOptions, 'epochs' | 'schedule' | 'warmup'> & { assistants?: readonly unknown[] };

/**
 * Whether a longer training by the same options goes, epoch by epoch, through the very states of a shorter one, so that
 * it may go on from where that ended. The learning rate must not depend on how long the run is: every schedule but the
 * constant one spans the run, and so does a warm-up. With assistants the student's training begins from another model.
 */
export function passesThroughShorter({ schedule, warmup, assistants = [] }: Trained): boolean {
  return schedule === 'constant' && warmup === 0 && assistants.length === 0;
}

/** The options that name such a training, whatever its length; null where another length is another training. */
export function optionsOfAnyLength(
  pass: string,
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> | null {
  if (pass !== 'train' && pass !== 'distill') return null;
  const { epochs, ...rest } = options;
  return passesThroughShorter({ epochs, ...rest } as unknown as Trained) ? rest : null;
}
