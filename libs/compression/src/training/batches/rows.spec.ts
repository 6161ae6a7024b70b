import { float32 } from '#inference';
import { evenBatchSize, filledUp } from './rows.js';

describe('batches to judge by', () => {
  it.each([
    [65, 64, 33],
    [3, 64, 3],
    [128, 64, 64],
    [10, 4, 4],
    [1, 1, 1],
  ])('%i samples, %i at most, go in batches of %i', (samples, most, size) => {
    expect(evenBatchSize(samples, most)).toBe(size);
  });

  it('are filled up with their own samples for a model that takes one size alone, and say how many those are', () => {
    const batch = {
      inputs: { x: float32([2, 2], [1, 2, 3, 4]) },
      targets: { y: float32([2], [5, 6]) },
      labels: Int32Array.of(7, 8),
    };
    const { inputs, targets, labels, samples } = filledUp(batch, 5);
    expect([inputs['x']!.dims, [...(inputs['x']!.data as Float32Array)]]).toEqual([
      [5, 2],
      [1, 2, 3, 4, 1, 2, 3, 4, 1, 2],
    ]);
    expect([...(targets['y']!.data as Float32Array)]).toEqual([5, 6, 5, 6, 5]);
    expect([[...labels!], samples]).toEqual([[7, 8, 7, 8, 7], 2]);
    expect(filledUp(batch, 2)).toBe(batch);
  });
});
