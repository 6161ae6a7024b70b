import { alongAxis, otherAxes } from './probes.js';

describe('a probe', () => {
  it('knows the axes beside its own, and the shape in which a vector along its own broadcasts', () => {
    const probe = { value: 'x', axis: 1, rank: 4, length: 8, positions: [] };
    expect([otherAxes(probe), alongAxis(probe)]).toEqual([
      [0, 2, 3],
      [1, 8, 1, 1],
    ]);
  });
});
