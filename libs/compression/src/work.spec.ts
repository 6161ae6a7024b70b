import { toldBatches, Work } from './work.js';

function recorded(act: (work: Work) => void): { told: [number, string | undefined][]; last: () => number } {
  const told: [number, string | undefined][] = [];
  const work = new Work((fraction, message) => told.push([Math.round(fraction * 1000) / 1000, message]));
  act(work);
  return { told, last: () => told.at(-1)?.[0] ?? NaN };
}

describe('Work', () => {
  it('counts the items of a step within its share', () => {
    const { told } = recorded((work) => {
      work.begin('sensitivity', 0.5, { count: 2, noun: 'trial' });
      work.next();
      work.next();
      work.begin('storing', 1);
    });
    expect(told).toEqual([
      [0, 'sensitivity: trial 1 of 2'],
      [0.25, 'sensitivity: trial 2 of 2'],
      [0.5, 'sensitivity'],
      [0.5, 'storing'],
    ]);
  });

  it('never falls back and never leaves its step, however often a step walks over the data', () => {
    const { told, last } = recorded((work) => {
      work.begin('calibrating', 0.4);
      for (let walk = 0; walk < 20; walk++) {
        const tell = work.walk(4, 'sample');
        for (let done = 1; done <= 4; done++) tell(done);
      }
    });
    const fractions = told.map(([fraction]) => fraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(last()).toBeLessThanOrEqual(0.4);
    expect(told[3]).toEqual([0.15, 'calibrating: 3 of 4 samples']);
  });

  it('tells of a walk within an item, and of other work within a step', () => {
    const { told } = recorded((work) => {
      work.begin('storing weights', 1, { count: 2, noun: 'layer' });
      work.walk(10, 'step')(5);
      work.next();
      const recovery = work.within();
      recovery.begin('recovering', 0.5);
      recovery.progress(0.5, 'epoch 1 of 2');
    });
    expect(told.map(([, message]) => message)).toEqual([
      'storing weights: layer 1 of 2',
      'storing weights: layer 1 of 2, 5 of 10 steps',
      'storing weights: layer 2 of 2',
      'storing weights: layer 2 of 2: recovering',
      'storing weights: layer 2 of 2: recovering: epoch 1 of 2',
    ]);
    expect(told.at(-1)?.[0]).toBe(0.625);
  });

  it('tells of work of which a share alone is known', () => {
    const { told } = recorded((work) => {
      work.begin('timing', 0.5);
      const share = work.share('the runs');
      share(0.25);
      share(1);
    });
    expect(told).toEqual([
      [0, 'timing'],
      [0.125, 'timing: 25 % of the runs'],
      [0.5, 'timing: 100 % of the runs'],
    ]);
  });

  it('counts the samples of batches that are handed on', async () => {
    const told: (string | undefined)[] = [];
    const work = new Work((_fraction, message) => told.push(message));
    async function* batches() {
      yield { size: 2, of: 'a' };
      yield { size: 1, of: 'b' };
    }
    const taken: string[] = [];
    work.begin('trying', 1);
    for await (const { of } of toldBatches(batches(), 3, work)) taken.push(of);
    expect(taken).toEqual(['a', 'b']);
    expect(told).toEqual(['trying', 'trying: 2 of 3 samples', 'trying: 3 of 3 samples']);
  });
});
