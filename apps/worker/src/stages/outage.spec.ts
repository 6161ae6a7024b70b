import { DatabaseUnavailableError } from '#database';
import { outlast } from './outage.js';

const goesOn = new AbortController().signal;

describe('work through an outage', () => {
  it('is done again until the server answers, which is said once', async () => {
    const outages: string[] = [];
    let calls = 0;
    const work = async () => {
      if ((calls += 1) < 3) throw new DatabaseUnavailableError('the database', 'no answer');
      return 'done';
    };
    expect(await outlast(work, goesOn, (message) => outages.push(message))).toBe('done');
    expect([calls, outages]).toEqual([3, ['the database does not answer']]);
  });

  it('is not done again after a failure of its own', async () => {
    let calls = 0;
    const work = async () => {
      calls += 1;
      throw new TypeError('a bug');
    };
    await expect(outlast(work, goesOn, () => {})).rejects.toThrow('a bug');
    expect(calls).toBe(1);
  });

  it('ends with the reason of whoever ends it', async () => {
    const ending = new AbortController();
    const work = async () => {
      throw new DatabaseUnavailableError('the database', 'no answer');
    };
    const waiting = outlast(work, ending.signal, () => ending.abort(new Error('the worker stops')));
    await expect(waiting).rejects.toThrow('the worker stops');
  });
});
