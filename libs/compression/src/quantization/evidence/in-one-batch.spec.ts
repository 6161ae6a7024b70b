import { QuantizeOptions } from '#contracts';
import { float32, int64 } from '#inference';
import { GraphBuilder, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { quantizeModel } from '../schemes/quantize-model.js';
import { inOneBatch } from './in-one-batch.js';

const noise = (count: number, seed: number, size = 1) => {
  const random = randomNumbers(seed);
  return Float32Array.from({ length: count }, () => size * (random() - 0.5));
};

function dense(batch: string | number = 'n'): ModelProto {
  const b = new GraphBuilder('dense');
  const layer = b.op('MatMul', [b.input('x', [batch, 16]), b.float(noise(256, 1), [16, 16])]);
  b.op('Softmax', [layer], {}, { outputs: [b.output('y', [batch, 16])] });
  return b.build();
}

/** Two samples, a batch each: the first a hundred times the second. */
const unequal = () => [1000, 10].map((size, seed) => ({ x: float32([1, 16], noise(16, seed + 2, size)) }));

async function judged(scheme: QuantizeOptions['scheme']) {
  const options = QuantizeOptions.parse({ scheme });
  return quantizeModel(readModel(writeModel(dense())), options, () => unequal, { threads: 1, seed: 0 });
}

describe('outputs of a model that measures its scales at every run', () => {
  it('are compared with all samples in one batch too, the lower figure counts, and that is said', async () => {
    const { outputs, judgedOn, verdict } = await judged('dynamic');
    expect(judgedOn).toMatchObject({ samples: 2, isAlsoOneBatch: true });
    // The small sample alone keeps its digits; beside the large one all of it falls into one step.
    expect(judgedOn?.leastDb).toBeGreaterThan(30);
    expect(outputs?.[0]?.snrDb).toBeLessThan(25);
    expect(verdict).toContain('also all as one batch');
  });

  it('are compared as they come where scales are stored', async () => {
    const { judgedOn, verdict } = await judged('weightOnly');
    expect(judgedOn).toMatchObject({ samples: 2, isAlsoOneBatch: false });
    expect(verdict).not.toContain('one batch');
  });
});

describe('inOneBatch', () => {
  const dynamic = async (batch?: number) => {
    const model = dense(batch);
    await quantizeModel(model, QuantizeOptions.parse({ scheme: 'dynamic' }), null, { threads: 1, seed: 0 });
    return writeModel(model);
  };

  it('puts samples of each type one after the other', async () => {
    const batches = [
      { x: float32([1, 2], [1, 2]), ids: int64([1], [7]) },
      { x: float32([2, 2], [3, 4, 5, 6]), ids: int64([2], [8, 9]) },
    ];
    expect(await inOneBatch(await dynamic(), () => batches)).toEqual({
      x: float32([3, 2], [1, 2, 3, 4, 5, 6]),
      ids: int64([3], [7, 8, 9]),
    });
  });

  it.each([
    ['a single batch', [float32([1, 2], [1, 2])]],
    ['samples of several lengths', [float32([1, 2], [1, 2]), float32([1, 3], [1, 2, 3])]],
  ])('has nothing of %s', async (_, tensors) => {
    expect(await inOneBatch(await dynamic(), () => tensors.map((x) => ({ x })))).toBeNull();
  });

  it('has nothing for a model of a fixed batch', async () => {
    expect(await inOneBatch(await dynamic(1), unequal)).toBeNull();
  });
});
