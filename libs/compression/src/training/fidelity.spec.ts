import { Fidelity } from './fidelity.js';

describe('Fidelity', () => {
  it('sums powers over the steps of an epoch and begins anew', () => {
    const fidelity = new Fidelity();
    expect(fidelity.count({ loss: 2, 'signal:y': 60, 'noise:y': 1 })).toEqual({ loss: 2 });
    fidelity.count({ loss: 1, 'signal:y': 40, 'noise:y': 0 });
    expect(fidelity.epoch().ratios).toEqual({ snrDb: expect.closeTo(20, 10) });
    fidelity.count({ loss: 1, 'signal:y': 10, 'noise:y': 1 });
    expect(fidelity.epoch().ratios).toEqual({ snrDb: expect.closeTo(10, 10) });
  });

  it('tells several outputs apart, and gives no ratio where there is none', () => {
    const fidelity = new Fidelity();
    fidelity.count({ 'signal:a': 1, 'noise:a': 10, 'signal:b': 1, 'noise:b': 0, 'signal:c': 0, 'noise:c': 1 });
    const { ratios, unmeasured } = fidelity.epoch();
    expect(ratios).toEqual({ 'snrDb:a': expect.closeTo(-10, 10) });
    expect(unmeasured).toEqual([
      expect.stringMatching(/"b".*to the bit/),
      expect.stringMatching(/"c".*zero throughout/),
    ]);
  });
});
