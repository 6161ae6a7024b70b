import { lossSession } from '#testing';
import { normStatistics } from './norm-statistics.js';

const DIMS = [4, 2, 1, 1] as const;
/** Channel means 2 and -1, deviations 1 and 3. */
const X = Float64Array.of(1, -4, 3, 2, 1, -4, 3, 2);

async function distance(means: number[], variances: number[]): Promise<number> {
  const norm = { input: 'x', means: Float32Array.from(means), variances: Float32Array.from(variances) };
  const loss = await lossSession({ x: DIMS }, (l) => normStatistics(l, norm));
  return (await loss.at({ x: X })).value;
}

describe('statistics of a batch beside those that a norm remembers', () => {
  it('are no distance apart where they are the same', async () => {
    expect(await distance([2, -1], [1, 9])).toBeCloseTo(0, 8);
  });

  it('are apart by the shift and the stretch in remembered deviations, the mean over channels', async () => {
    const first = ((2 - 1) / 2) ** 2 + (1 / 2 - 1) ** 2;
    const second = ((-1 - 0) / 3) ** 2 + (3 / 3 - 1) ** 2;
    expect(await distance([1, 0], [4, 9])).toBeCloseTo((first + second) / 2, 6);
  });
});
