import { patiently, type Patience } from '#client';

export interface LoggedPatience {
  /** The answer of a call, however long the server is away. Throws what it refuses, and the reason of the signal. */
  whole<T>(call: () => Promise<T>, patience?: Pick<Patience, 'signal'>): Promise<T>;
}

/** Tells once of a server that is away, and once that it is back. */
export function loggedPatience(log: (line: string) => void): LoggedPatience {
  let isLost = false;
  const onBreak = ({ message }: Error) => {
    if (!isLost) log(`${message}; it is asked again until it does`);
    isLost = true;
  };
  return {
    async whole(call, { signal } = {}) {
      const answer = await patiently(call, { signal, onBreak });
      if (isLost) log('the server answers again');
      isLost = false;
      return answer;
    },
  };
}
