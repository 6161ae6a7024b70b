import { measureSpeedup, type LatencySubject, type Speedup } from '#evaluation';
import { Session, type HostTensors } from '#inference';
import { measure, QUICK, type Clock } from '#measurement';

/** Times both models on the same single sample, in one thread. */
export async function measureSpeed(
  float: Uint8Array,
  quantized: Uint8Array,
  feeds: HostTensors,
  onProgress?: (fraction: number) => void,
): Promise<Speedup> {
  const sessions = [await Session.create(float), await Session.create(quantized)] as const;
  try {
    const [before, after] = sessions;
    const subject = (session: Session): LatencySubject => ({ session, feeds: [feeds] });
    return await measureSpeedup(subject(before), subject(after), onProgress ? { onProgress } : {});
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** Steps of a coarse clock that one sample takes at least. */
const TICKS = 20;

/** Time of the processor that this process took: what other work a machine does counts for nothing. */
const PROCESSOR: Clock = {
  now: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/**
 * Milliseconds of the processor that runs of some models take on the same single sample, in one thread, by model and
 * block of runs.
 */
export async function timeTogether(models: readonly Uint8Array[], feeds: HostTensors): Promise<number[][]> {
  const sessions: Session[] = [];
  try {
    for (const model of models) sessions.push(await Session.create(model));
    const subjects = sessions.map((session) => ({ run: () => session.run(feeds) }));
    return (await measure(subjects, { ...QUICK, ticks: TICKS }, PROCESSOR)).samplesMs;
  } finally {
    for (const session of sessions) await session.release();
  }
}
