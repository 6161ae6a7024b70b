import { openStages, withToggled } from './open-stages.js';

const STAGES = (['succeeded', 'running', 'waiting'] as const).map((state, index) => ({ index, state }));

describe('openStages', () => {
  it('are those that the address names, else the one under way or that failed', () => {
    expect([...openStages(null, STAGES)]).toEqual([1]);
    expect([...openStages(null, [{ index: 0, state: 'failed' }])]).toEqual([0]);
    expect([...openStages('1.3', STAGES)]).toEqual([0, 2]);
    for (const said of ['none', '', 'x.0']) expect([...openStages(said, STAGES)]).toEqual([]);
  });

  it('are read back as they were opened and closed', () => {
    const two = withToggled(openStages('3', STAGES), 0);
    expect(two).toBe('1.3');
    expect(withToggled(openStages(two, STAGES), 2)).toBe('1');
    expect([...openStages(withToggled(openStages(null, STAGES), 1), STAGES)]).toEqual([]);
  });
});
