import { float32, type HostTensors } from '#inference';
import { GraphBuilder } from '#onnx';
import { calibrate, HISTOGRAM_BINS, measureHistograms, measureRanges } from './calibrate.js';

const first = Float32Array.of(-1, 0.5, 2, 3);
const second = Float32Array.of(-4, 0, 1, 7.5);
const batches = (): HostTensors[] => [{ x: float32([1, 4], first) }, { x: float32([1, 4], second) }];

function model() {
  const b = new GraphBuilder();
  b.input('x', ['n', 4]);
  b.op('Add', [b.op('Relu', ['x'], {}, { outputs: ['r'] }), b.float(1)], {}, { outputs: ['y'] });
  b.output('y', ['n', 4]);
  return b.build();
}

describe('calibration statistics', () => {
  it('are the extrema over all batches, of inputs and inner values alike', async () => {
    const ranges = await measureRanges(model(), ['x', 'r'], batches, { threads: 1 });
    expect(ranges.get('x')).toEqual({ min: -4, max: 7.5 });
    expect(ranges.get('r')).toEqual({ min: 0, max: 7.5 });
  });

  it('are bin counts that equal those of a plain count', async () => {
    const ranges = await measureRanges(model(), ['x'], batches, { threads: 1 });
    const histogram = (await measureHistograms(model(), ranges, batches, { threads: 1 })).get('x')!;
    const expected = new Float64Array(HISTOGRAM_BINS);
    for (const value of [...first, ...second])
      expected[Math.min(HISTOGRAM_BINS - 1, Math.floor(((value + 4) / 11.5) * HISTOGRAM_BINS))]! += 1;
    expect(histogram.counts).toEqual(expected);
  });

  it('average the extrema of batches where asked', async () => {
    const ranges = await calibrate(model(), ['x'], batches, {
      calibration: 'movingAverage',
      percentile: 100,
      threads: 1,
    });
    // Two batches weigh alike, and so do the first ten: the first is nothing special.
    expect(ranges.get('x')!.max).toBeCloseTo((3 + 7.5) / 2, 5);
    expect(ranges.get('x')!.min).toBeCloseTo((-1 - 4) / 2, 5);
    const rising = () => Array.from({ length: 12 }, (_, i) => ({ x: float32([1, 4], Float32Array.of(0, 0, 0, i)) }));
    const later = await calibrate(model(), ['x'], rising, {
      calibration: 'movingAverage',
      percentile: 100,
      threads: 1,
    });
    expect(later.get('x')!.max).toBeCloseTo(0.9 * (0.9 * 4.5 + 0.1 * 10) + 0.1 * 11, 5);
  });

  it('survive a value that never varies', async () => {
    const zeros = () => [{ x: float32([1, 4], new Float32Array(4)) }];
    const ranges = await calibrate(model(), ['r'], zeros, { calibration: 'percentile', percentile: 99, threads: 1 });
    expect(ranges.get('r')).toEqual({ min: 0, max: 0, saturation: 0 });
  });

  it('take what batches with elements say of a value, and nothing of one that never has any', async () => {
    const b = new GraphBuilder();
    const x = b.input('x', ['n', 'width']);
    b.op('Slice', [x, b.ints([0]), b.ints([0]), b.ints([1])], {}, { outputs: ['never'] });
    b.op('Mul', [x, b.float(2)], {}, { outputs: [b.output('sometimes')] });
    const some = () => [{ x: float32([1, 2], Float32Array.of(-1, 2)) }, { x: float32([1, 0], new Float32Array(0)) }];
    for (const calibration of ['percentile', 'movingAverage', 'entropy'] as const) {
      const ranges = await calibrate(b.build(), ['never', 'sometimes'], some, {
        calibration,
        percentile: 100,
        threads: 1,
      });
      expect(ranges.get('never')).toEqual({ min: 0, max: 0, saturation: 0 });
      expect(ranges.get('sometimes')?.max).toBeGreaterThan(3.8);
    }
  });

  it('find a NaN that the extrema pass over', async () => {
    const b = new GraphBuilder();
    const x = b.input('x', ['n', 4]);
    b.op('Sqrt', [x], {}, { outputs: [b.output('root')] });
    await expect(measureRanges(b.build(), ['root'], batches, { threads: 1 })).rejects.toThrow('value "root"');
  });

  it('leave the model as it was', async () => {
    const source = model();
    await measureRanges(source, ['r'], batches, { threads: 1 });
    expect(source.graph!.output.map((output) => output.name)).toEqual(['y']);
  });
});
