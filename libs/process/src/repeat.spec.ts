import { repeat } from './repeat.js';

describe('repeat', () => {
  it('begins at once and never overlaps, and a round that fails is followed by the next', async () => {
    let [running, most, rounds] = [0, 0, 0];
    const errors: unknown[] = [];
    const enough = new Promise<void>((resolve) => {
      const repetition = repeat(
        1,
        async () => {
          most = Math.max(most, (running += 1));
          await new Promise((next) => setImmediate(next));
          running -= 1;
          rounds += 1;
          if (rounds === 4) void repetition.stop().then(resolve);
          if (rounds < 3) throw new Error(`round ${rounds}`);
        },
        (error) => errors.push((error as Error).message),
      );
    });
    await enough;
    expect({ most, rounds, errors }).toEqual({ most: 1, rounds: 4, errors: ['round 1', 'round 2'] });
  });

  it('tells the round under way and waits for it when stopped', async () => {
    let ended = false;
    const repetition = repeat(
      1000,
      async (signal) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        await new Promise((next) => setImmediate(next));
        ended = true;
      },
      () => undefined,
    );
    await repetition.stop();
    expect(ended).toBe(true);
  });
});
