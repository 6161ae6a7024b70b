/** A log of events with ids that grow, and who is woken when it has new ones. */
export interface EventLog<E extends { id: number }> {
  listAfter(lastId: number): Promise<E[]>;
  /** Calls `wake` whenever there may be new events; returns how to stop. */
  subscribe(wake: () => void): Promise<() => void>;
}

/** Every event after `lastId`, then those that follow as they come, until the signal aborts. */
export async function* followEvents<E extends { id: number }>(
  log: EventLog<E>,
  lastId: number,
  signal: AbortSignal,
): AsyncGenerator<E> {
  let wake: () => void = () => undefined;
  let pending = true;
  const notify = () => {
    pending = true;
    wake();
  };
  const stop = await log.subscribe(notify);
  signal.addEventListener('abort', notify, { once: true });
  try {
    for (let last = lastId; !signal.aborted;) {
      pending = false;
      const events = await log.listAfter(last);
      for (const event of events) {
        yield event;
        last = event.id;
      }
      if (events.length === 0 && !pending) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', notify);
    stop();
  }
}
