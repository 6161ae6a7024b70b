import { FairLine } from './fair-line.js';

const LIMITS = { atATime: 3, perOwner: 2, perKind: 2, waiting: 6, waitingPerOwner: 4 };
const ONE = { ...LIMITS, atATime: 1, perOwner: 1, perKind: 1 };

/** Tasks that end when told to. */
function tasks(line: FairLine) {
  const ends = new Map<string, () => void>();
  const started: string[] = [];
  const run = (owner: string, name: string, kind = 'inspect') =>
    line.run(owner, kind, () => {
      started.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    });
  const end = async (name: string) => {
    ends.get(name)?.();
    for (let turns = 0; turns < 10; turns++) await Promise.resolve();
  };
  return { run, end, started };
}

describe('a fair line', () => {
  it('leaves a place to others beside the slow tasks of one owner', async () => {
    const { run, started } = tasks(new FairLine(LIMITS));
    for (const name of ['a1', 'a2', 'a3']) void run('a', name);
    void run('b', 'b1');
    await Promise.resolve();
    expect(started).toEqual(['a1', 'a2', 'b1']);
  });

  it('leaves a place to what else an owner does beside slow tasks of one kind', async () => {
    const { run, started } = tasks(new FairLine({ ...LIMITS, atATime: 4, perOwner: 3 }));
    for (const name of ['a1', 'a2', 'a3']) void run('a', name);
    void run('a', 'check', 'preflight');
    void run('b', 'b1');
    await Promise.resolve();
    expect(started).toEqual(['a1', 'a2', 'check', 'b1']);
  });

  it('takes owners in turn, and the tasks of each in their order', async () => {
    const { run, end, started } = tasks(new FairLine(ONE));
    for (const name of ['a1', 'a2', 'a3', 'a4']) void run('a', name);
    void run('b', 'b1');
    void run('c', 'c1');
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3']) await end(name);
    expect(started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'a4']);
  });

  it('ends: 429 for an owner with too many, 503 when there are too many in all, both with the time to wait', async () => {
    const { run } = tasks(new FairLine(ONE));
    for (let index = 0; index < 5; index++) void run('a', `a${index}`);
    await expect(run('a', 'more')).rejects.toMatchObject({ code: 'too_many_checks', retryAfterS: 4 });
    for (let index = 0; index < 2; index++) void run('b', `b${index}`);
    await expect(run('c', 'c')).rejects.toMatchObject({ code: 'overloaded', retryAfterS: 6 });
  });

  it('goes on after a task that fails', async () => {
    const line = new FairLine(ONE);
    const failed = line.run('a', 'inspect', () => Promise.reject(new Error('broken')));
    const next = line.run('a', 'inspect', () => Promise.resolve('next'));
    await expect(failed).rejects.toThrow('broken');
    await expect(next).resolves.toBe('next');
  });
});
