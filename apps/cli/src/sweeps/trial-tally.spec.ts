import { TrialTally } from './trial-tally.js';

const NONE = { running: 0, complete: 0, stopped: 0, cancelled: 0, failed: 0, infeasible: 0 };

describe('the tally of trials', () => {
  it('goes on from what the record says, whatever it was not told of', () => {
    const tally = new TrialTally({ counts: { ...NONE, running: 2, complete: 5 }, feasible: 3 });
    tally.take({ number: 6, state: 'running', violation: null });
    tally.take({ number: 6, state: 'complete', violation: 0 });
    tally.take({ number: 6, state: 'complete', violation: 0 });
    tally.take({ number: 5, state: 'failed', violation: null });
    tally.take({ number: 7, state: 'running', violation: null });
    expect(tally.sums).toEqual({ counts: { ...NONE, running: 1, complete: 6, failed: 1 }, feasible: 4 });
  });
});
