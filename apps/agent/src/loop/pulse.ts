/** Something that is done again and again beside other work. */
export interface Pulse {
  stop(): void;
}

/** Does the work every so often, each time after the end of the last; what it throws is its own to handle. */
export function pulse(everyMs: number, work: () => Promise<void>): Pulse {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const next = () => {
    timer = setTimeout(() => void work().finally(() => stopped || next()), everyMs);
  };
  next();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
