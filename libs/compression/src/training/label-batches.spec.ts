import { TrainOptions } from '#contracts';
import { ArrayData } from './batches/arrays.fixture.js';
import type { TrainingBatch } from './batches/batch-source.js';
import { heldOutBatches, labelBatches } from './label-batches.js';
import { TARGETS } from './label-objective.js';

const SAMPLES = 6;
const CLASSES = 4;

/** Samples whose only number is their place, of class place % 4. */
function arrays(labels: 'classes' | 'numbers'): Promise<ArrayData> {
  const places = Array.from({ length: SAMPLES }, (_, i) => i);
  const x = { dtype: 'f4', dims: [SAMPLES, 1], data: Float32Array.from(places) } as const;
  if (labels === 'numbers') {
    const y = { dtype: 'f4', dims: [SAMPLES, 1], data: Float32Array.from(places, (i) => 10 * i) } as const;
    return ArrayData.create({ x, y }, { array: 'y' });
  }
  const y = { dtype: 'i8', dims: [SAMPLES], data: BigInt64Array.from(places, (i) => BigInt(i % CLASSES)) } as const;
  return ArrayData.create({ x, y });
}

async function collected(batches: AsyncIterable<TrainingBatch>): Promise<TrainingBatch[]> {
  const all = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

const places = ({ inputs }: TrainingBatch) => Array.from(inputs['x']!.data as Float32Array);

describe('batches with labels', () => {
  let classes: ArrayData;
  let numbers: ArrayData;
  beforeAll(async () => {
    [classes, numbers] = await Promise.all([arrays('classes'), arrays('numbers')]);
  });
  afterAll(() => Promise.all([classes.remove(), numbers.remove()]));

  const epoch = (at: number, given: object = {}, { data } = classes) => {
    const request = { data, inputNames: ['x'], batchSize: 4, options: TrainOptions.parse(given), seed: 1 };
    return collected(labelBatches(request).batches(at));
  };

  it('are whole ones in another order each epoch, the labels with their samples', async () => {
    const [first, second] = [await epoch(0), await epoch(1)];
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(places(first[0]!)).not.toEqual(places(second[0]!));
    for (const batch of [...first, ...second]) {
      expect(Array.from(batch.labels!)).toEqual(places(batch).map((place) => place % CLASSES));
      expect(batch.targets).toEqual({});
    }
  });

  it('blend the rows of labels as the samples, rows that sum to one and are smoothed as asked for', async () => {
    const [batch] = await epoch(0, { augment: { mixup: 0.4 }, labelSmoothing: 0.2 });
    const { dims, data } = batch!.targets[TARGETS]!;
    expect(dims).toEqual([4, CLASSES]);
    for (let row = 0; row < 4; row++) {
      const values = Array.from(data as Float32Array).slice(row * CLASSES, (row + 1) * CLASSES);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0.05 - 1e-6);
    }
  });

  it('have labels that are numbers as targets, a row for each sample', async () => {
    const [batch] = await epoch(0, { loss: 'mse' }, numbers);
    expect(Array.from(batch!.targets[TARGETS]!.data as Float32Array)).toEqual(places(batch!).map((i) => 10 * i));
  });

  it.each([
    [false, [3, 3]],
    [true, [4, 4]],
  ])('leave no sample out to judge by, filled up where the model takes no other size: %s', async (fixed, sizes) => {
    const options = TrainOptions.parse({});
    const request = { data: classes.data, inputNames: ['x'], batchSize: 4, options, seed: 1, fixed };
    const batches = await collected(heldOutBatches(request));
    expect(batches.map(({ inputs }) => inputs['x']!.dims[0])).toEqual(sizes);
    expect(new Set(batches.flatMap(places)).size).toBe(SAMPLES);
  });
});
