import { Fidelity } from './fidelity.js';

describe('Fidelity', () => {
  it('sums powers over the steps of an epoch and begins anew', () => {
    const fidelity = new Fidelity();
    expect(fidelity.count({ loss: 2, 'signal:y': 60, 'noise:y': 1 })).toEqual({ loss: 2 });
    fidelity.count({ loss: 1, 'signal:y': 40, 'noise:y': 0 });
    expect(fidelity.epoch()).toEqual({ snrDb: expect.closeTo(20, 10) });
    fidelity.count({ loss: 1, 'signal:y': 10, 'noise:y': 1 });
    expect(fidelity.epoch()).toEqual({ snrDb: expect.closeTo(10, 10) });
  });

  it('tells several outputs apart, and stays finite where one is met exactly', () => {
    const fidelity = new Fidelity();
    fidelity.count({ 'signal:a': 1, 'noise:a': 10, 'signal:b': 1, 'noise:b': 0 });
    const ratios = fidelity.epoch();
    expect(ratios['snrDb:a']).toBeCloseTo(-10);
    expect(ratios['snrDb:b']).toBeGreaterThan(100);
    expect(Number.isFinite(ratios['snrDb:b'])).toBe(true);
  });
});
