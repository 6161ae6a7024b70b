import { Session } from '#inference';

/** Loads models for some work and lets them go afterwards, however it ends. */
export async function withSessions<T>(
  models: readonly string[],
  threads: number,
  work: (sessions: readonly Session[]) => Promise<T>,
): Promise<T> {
  const sessions: Session[] = [];
  try {
    for (const model of models) sessions.push(await Session.create(model, { threads }));
    return await work(sessions);
  } finally {
    for (const session of sessions) await session.release();
  }
}
