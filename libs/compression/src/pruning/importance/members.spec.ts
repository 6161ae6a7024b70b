import { addScaled, sumsAt, unitNorms, withMeanOne, type WeightMember } from './members.js';
import { slicePowers, sliceSums, sliceValues } from './slice-norms.js';

/** A weight [2, 3] whose units lie along the second axis. */
const VALUES = [1, -2, 3, -4, 5, -6];
const DIMS = [2, 3];
const member = (positions: number[][]) =>
  ({
    value: 'w',
    axis: 1,
    positions,
    weight: { values: Float32Array.from(VALUES), dims: DIMS },
  }) as unknown as WeightMember;

describe('norms of slices', () => {
  it('are sums of magnitudes, or of squares, at each index of the axis', () => {
    expect([...slicePowers(VALUES, DIMS, 1, 1)]).toEqual([5, 7, 9]);
    expect([...slicePowers(VALUES, DIMS, 1, 2)]).toEqual([17, 29, 45]);
    expect([...slicePowers(VALUES, DIMS, 0, 1)]).toEqual([6, 15]);
  });

  it('have sums and values beside them', () => {
    expect([...sliceSums(VALUES, DIMS, 1)]).toEqual([-3, 3, -3]);
    expect([...sliceValues(VALUES, DIMS, 1, 1)]).toEqual([-2, 5]);
    expect([...sliceValues(VALUES, DIMS, 0, 1)]).toEqual([-4, 5, -6]);
  });

  it('of a unit are those of all its positions together', () => {
    expect([...unitNorms(member([[0], [1, 2]]), 1)]).toEqual([5, 16]);
    expect([...unitNorms(member([[0], [1, 2]]), 2)]).toEqual([Math.sqrt(17), Math.sqrt(74)]);
    expect([...sumsAt([[0, 2], []], [1, 2, 4])]).toEqual([5, 0]);
  });
});

describe('norms of several tensors', () => {
  it('are added with their mean as the weight, so that large ones do not decide for all', () => {
    const total = Float64Array.of(1, 1);
    addScaled(total, Float64Array.of(100, 300), 4);
    expect([...total]).toEqual([3, 7]);
  });

  it('add nothing where all are zero', () => {
    const total = Float64Array.of(1, 2);
    addScaled(total, new Float64Array(2));
    expect([...total]).toEqual([1, 2]);
    expect([...withMeanOne(new Float64Array(2))]).toEqual([0, 0]);
    expect([...withMeanOne(Float64Array.of(1, 3))]).toEqual([0.5, 1.5]);
  });
});
