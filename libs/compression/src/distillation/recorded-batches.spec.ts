import { AugmentOptions } from '#contracts';
import { float32, type HostTensors } from '#inference';
import { ArrayData } from '../training/batches/arrays.fixture.js';
import { recordedBatches } from './recorded-batches.js';
import type { Teacher } from './teacher/teacher.js';

const SAMPLES = 10;

/** Answers with twice what it is given, and counts the samples. */
class Doubling implements Teacher {
  readonly inputNames = ['x'];
  answered = 0;

  async answer({ x }: HostTensors): Promise<HostTensors> {
    this.answered += x!.dims[0]!;
    return {
      y: float32(
        x!.dims,
        Float32Array.from(x!.data as Float32Array, (value) => 2 * value),
      ),
    };
  }

  async release(): Promise<void> {}
}

describe('batches with the answers of a teacher', () => {
  let arrays: ArrayData;
  beforeAll(async () => {
    const x = Float32Array.from({ length: SAMPLES * 2 }, (_, i) => i + 1);
    const labels = BigInt64Array.from({ length: SAMPLES }, (_, i) => BigInt(i % 4));
    arrays = await ArrayData.create({
      x: { dtype: 'f4', dims: [SAMPLES, 2], data: x },
      y: { dtype: 'i8', dims: [SAMPLES], data: labels },
    });
  });
  afterAll(() => arrays.remove());

  async function epochsOf(augment: object, held?: { fixed: boolean }) {
    const teacher = new Doubling();
    const source = await recordedBatches({
      data: arrays.data,
      teacher,
      inputNames: ['x'],
      batchSize: 4,
      augmentation: AugmentOptions.parse(augment),
      seed: 1,
      progress: () => undefined,
      ...(held && { held }),
    });
    const batches = [];
    for (const epoch of [0, 1]) for await (const batch of source.batches(epoch)) batches.push(batch);
    return { teacher, batches };
  }

  it('are asked for once a sample where nothing changes samples, and at every use where something does', async () => {
    expect((await epochsOf({})).teacher.answered).toBe(SAMPLES);
    expect((await epochsOf({ mixup: 0.2 })).teacher.answered).toBe(2 * 8);
  });

  it.each([{}, { mixup: 0.2 }])('are those of the very samples, in every order: %j', async (augment) => {
    const { batches } = await epochsOf(augment);
    const orders = batches.map(({ inputs }) => Array.from(inputs['x']!.data as Float32Array).join());
    expect(new Set(orders).size).toBe(orders.length);
    for (const { inputs, targets } of batches) {
      const doubled = Float32Array.from(inputs['x']!.data as Float32Array, (value) => 2 * value);
      expect(targets['y']!.data).toEqual(doubled);
    }
  });

  it('leave no sample out where they are held back to judge by, filled up where the model takes no other size', async () => {
    const sizes = (all: { batches: { inputs: HostTensors }[] }) =>
      all.batches.map(({ inputs }) => inputs['x']!.dims[0]);
    expect(sizes(await epochsOf({}))).toEqual([4, 4, 4, 4]);
    expect(sizes(await epochsOf({}, { fixed: false })).reduce<number>((sum, size) => sum + size!, 0)).toBe(20);
    expect(sizes(await epochsOf({}, { fixed: true }))).toEqual([4, 4, 4, 4, 4, 4]);
  });

  it('have no labels where samples are mixed', async () => {
    const { batches } = await epochsOf({ mixup: 0.2 });
    expect(batches.every(({ labels }) => labels === null)).toBe(true);
  });
});
