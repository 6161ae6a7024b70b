import { TrialError } from './errors.js';
import { gridSampler } from './samplers/grid-sampler.js';
import { randomSampler } from './samplers/random-sampler.js';
import { Space } from './space/space.js';
import { Study } from './study.js';

const SPACE = new Space([{ kind: 'choice', name: 'bits', values: [8, 4, 2] }]);
const study = (sampler = gridSampler()) => new Study({ space: SPACE, sampler, objectives: 1, seed: 1 });
const asked = (search: Study) => search.ask()?.assignment['bits'];

describe('a study', () => {
  it.each([
    ['in order', gridSampler],
    ['at random', randomSampler],
  ])('asks again for what was withdrawn, %s, and for nothing else', (_how, sampler) => {
    const search = study(sampler());
    const all = [asked(search), asked(search), asked(search)];
    expect(asked(search)).toBeUndefined();
    search.withdraw(1);
    search.withdraw(1);
    expect([asked(search), asked(search)]).toEqual([all[1], undefined]);
  });

  it('takes what a trial comes to that runs anew', () => {
    const search = study();
    search.ask();
    search.tell(0, { state: 'failed' });
    search.reopen(0);
    expect(search.history.running.size).toBe(1);
    search.tell(0, { state: 'complete', outcome: { values: [1] } });
    expect(search.history.complete).toHaveLength(1);
    expect(() => search.reopen(0)).toThrow(TrialError);
    expect(() => search.withdraw(0)).toThrow('has figures');
    expect(() => search.withdraw(7)).toThrow('did not ask');
  });

  it('counts a withdrawn trial again that runs anew', () => {
    const search = study();
    search.ask();
    search.withdraw(0);
    search.reopen(0);
    expect([asked(search), asked(search), asked(search)]).toEqual([4, 2, undefined]);
  });
});
