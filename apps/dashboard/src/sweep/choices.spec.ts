import type { ListedTrial } from '#contracts';
import { addressOf, parseRoute } from '../route.js';
import { boundChange, brushChange, choicesOf, selectedChange } from './choices.js';
import { axisOfParameter, brushFilter } from './parameter-axis.js';
import { sortedBy } from './sorted-trials.js';

const OBJECTIVES = [{ metric: 'bytes' }, { metric: 'top1' }];
const trial = (number: number, assignment: ListedTrial['assignment']) =>
  ({ number, assignment, metrics: null }) as ListedTrial;
const PARAMETER = { name: 'ratio', ordered: true, log: false, when: {}, min: null, max: null };

describe('what is chosen on the page of a sweep', () => {
  it('is read back from the address as it was written', () => {
    const address = addressOf('sweeps/1', {
      x: 'latencyMsP50',
      sort: '-m.top1',
      ...boundChange('bytes', 123456.789),
      ...brushChange('prune.ratio', [0.25, 1]),
      ...selectedChange([3, 14]),
    });
    expect(choicesOf(parseRoute(address).query, OBJECTIVES)).toEqual({
      columns: 'objectives',
      x: 'latencyMsP50',
      y: 'top1',
      bounds: { bytes: 123457 },
      brushes: { 'prune.ratio': [0.25, 1] },
      sort: '-m.top1',
      selected: [3, 14],
    });
  });

  it('is what the sweep is for where the address says nothing, or nothing that is known', () => {
    const query = new URLSearchParams('m.nothing=3&m.bytes=x&p.ratio=1~0&sel=a.2');
    expect(choicesOf(query, OBJECTIVES)).toMatchObject({
      x: 'bytes',
      y: 'top1',
      bounds: {},
      brushes: {},
      selected: [2],
    });
  });
});

describe('the axis of a parameter', () => {
  it('has a place for each value, and for none where a trial lacks it', () => {
    const axis = axisOfParameter({ ...PARAMETER, values: ['l1', 'l2', 'fisher'] });
    expect(['l1', 'l2', 'fisher'].map((ratio) => axis.at(trial(0, { ratio })))).toEqual([0, 0.5, 1]);
    expect(axis.at(trial(0, {}))).toBeUndefined();
  });

  it('spreads magnitudes evenly where the range does', () => {
    const axis = axisOfParameter({ ...PARAMETER, values: null, min: 0.001, max: 0.1, log: true });
    expect(axis.at(trial(0, { ratio: 0.01 }))).toBeCloseTo(0.5);
  });

  it('keeps what lies within its brush', () => {
    const axes = [axisOfParameter({ ...PARAMETER, values: null, min: 0, max: 1 })];
    const kept = [0.1, 0.5, 0.9].filter((ratio) => brushFilter(axes, { ratio: [0.4, 0.9] })(trial(0, { ratio })));
    expect(kept).toEqual([0.5, 0.9]);
    expect(brushFilter(axes, { ratio: [0, 1] })(trial(0, {}))).toBe(false);
  });
});

it('trials are ordered by a column either way, those without a value last', () => {
  const trials = [trial(0, { r: 2 }), trial(1, {}), trial(2, { r: 10 })];
  const order = (sort: string) => sortedBy(trials, sort).map(({ number }) => number);
  expect([order('p.r'), order('-p.r'), order('number'), order('-number')]).toEqual([
    [0, 2, 1],
    [2, 0, 1],
    [0, 1, 2],
    [2, 1, 0],
  ]);
});
