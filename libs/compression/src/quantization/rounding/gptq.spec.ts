import { float32 } from '#inference';
import { Graph, GraphBuilder } from '#onnx';
import { randomNumbers } from '#testing';
import { gptq, inverseFactor, type SecondMoments } from './gptq.js';
import { selectLayers } from '../layers/layers.js';
import { measureMoments } from '../calibration/moments.js';

const random = randomNumbers(11);
const uniform = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);

/** Moments of vectors whose components depend on each other, as activations do. */
function correlated(size: number, samples: number): { inputs: Float32Array[]; moments: SecondMoments } {
  const mixing = uniform(size * 4);
  const inputs = Array.from({ length: samples }, () => {
    const causes = uniform(4);
    return Float32Array.from(
      { length: size },
      (_, i) => causes.reduce((sum, cause, k) => sum + cause * mixing[i * 4 + k]!, 0) + 0.05 * (random() - 0.5),
    );
  });
  const second = new Float64Array(size * size);
  for (const x of inputs)
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) second[i * size + j]! += (x[i]! * x[j]!) / samples;
  return { inputs, moments: { size, second } };
}

describe('inverseFactor', () => {
  it('is an upper triangle whose square is the inverse', () => {
    const { moments } = correlated(6, 40);
    const matrix = moments.second.map((value, i) => value + (i % 7 === 0 ? 0.1 : 0));
    const u = inverseFactor(matrix, 6);
    for (let i = 0; i < 6; i++) {
      for (let j = 0; j < 6; j++) {
        if (j < i) expect(u[i * 6 + j]).toBe(0);
        let product = 0;
        for (let k = 0; k < 6; k++)
          for (let m = 0; m < 6; m++) product += u[m * 6 + i]! * u[m * 6 + k]! * matrix[k * 6 + j]!;
        expect(product).toBeCloseTo(i === j ? 1 : 0, 6);
      }
    }
  });
});

describe('gptq', () => {
  const { inputs, moments } = correlated(32, 200);
  const values = uniform(8 * 32);
  const scales = Float32Array.from({ length: 8 }, () => 0.5 / 3);
  const outputError = (weights: Float32Array) =>
    inputs.reduce(
      (sum, x) =>
        sum +
        Array.from(
          { length: 8 },
          (_, row) => x.reduce((dot, v, i) => dot + v * (weights[row * 32 + i]! - values[row * 32 + i]!), 0) ** 2,
        ).reduce((a, b) => a + b, 0),
      0,
    );

  it('keeps the output closer than rounding to nearest does', () => {
    const nearest = values.map(
      (value, i) =>
        scales[Math.floor(i / 32)]! * Math.min(3, Math.max(-3, Math.round(value / scales[Math.floor(i / 32)]!))),
    );
    const rounded = gptq({ values, rows: 8, scales, blockSize: 32, lowest: -3, limit: 3 }, moments);
    expect(outputError(rounded)).toBeLessThan(outputError(nearest) * 0.5);
  });

  it('gives values on the grid and keeps zeros', () => {
    const sparse = values.map((value, i) => (i % 5 ? value : 0));
    gptq({ values: sparse, rows: 8, scales, blockSize: 32, lowest: -3, limit: 3 }, moments).forEach((value, i) => {
      expect(Math.abs(value / scales[0]! - Math.round(value / scales[0]!))).toBeLessThan(1e-5);
      if (i % 5 === 0) expect(value).toBe(0);
    });
  });
});

describe('measureMoments', () => {
  it('takes the patches of a convolution as its inputs', async () => {
    const b = new GraphBuilder();
    b.input('x', ['n', 1, 3, 3]);
    b.op('Conv', ['x', b.float(uniform(8), [2, 1, 2, 2])], {}, { outputs: ['y'] });
    b.nodes[0]!.name = 'conv';
    b.output('y');
    const model = b.build();
    const { layers } = selectLayers(new Graph(model), { opTypes: ['Conv'], exclude: [], minProducts: 0 });
    const moments = (
      await measureMoments(
        model,
        layers,
        () => [{ x: float32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]) }],
        { threads: 1 },
        { withSecond: true },
      )
    ).get('conv')!;
    expect(moments.size).toBe(4);
    // Patches: 1 2 4 5, 2 3 5 6, 4 5 7 8, 5 6 8 9.
    expect([...moments.mean]).toEqual([3, 4, 6, 7]);
    expect(moments.second![1]).toBeCloseTo((2 + 6 + 20 + 30) / 4);
  });
});
