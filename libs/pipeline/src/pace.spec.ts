import { Pace, secondsAhead } from './pace.js';

describe('what is left of a stage', () => {
  it('follows from its pace, of a resumed one from where it went on', () => {
    const fresh = new Pace();
    expect([fresh.left(0, 50), fresh.left(0, 100), fresh.left(0.25, 130)]).toEqual([null, null, 90]);
    const resumed = new Pace();
    expect([resumed.left(0.5, 100), resumed.left(0.75, 110)]).toEqual([null, 10]);
  });

  it('is not told by a moment, nor by hardly any work', () => {
    const pace = new Pace();
    expect([pace.left(0, 0), pace.left(0.5, 1), pace.left(0.02, 60)]).toEqual([null, null, null]);
  });
});

describe('what is left of a job', () => {
  const earlier = [
    { pass: 'quantize', options: { weightBits: 4 }, seconds: 9 },
    { pass: 'quantize', options: { weightBits: 8, scheme: 'static' }, seconds: 5 },
    { pass: 'evaluate', options: {}, seconds: 2 },
  ];

  it('is what its passes took before, with the same options where they ran so', () => {
    const again = { pass: 'quantize', options: { scheme: 'static', weightBits: 8 } };
    expect(secondsAhead([again, { pass: 'evaluate', options: {} }], earlier)).toBe(7);
    expect(secondsAhead([{ pass: 'quantize', options: { weightBits: 2 } }], earlier)).toBe(9);
    expect(secondsAhead([], earlier)).toBe(0);
  });

  it('is unknown where one of them never ran', () => {
    expect(
      secondsAhead(
        [
          { pass: 'prune', options: {} },
          { pass: 'evaluate', options: {} },
        ],
        earlier,
      ),
    ).toBeNull();
  });
});
