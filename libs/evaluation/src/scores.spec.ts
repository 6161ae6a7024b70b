import { float32, type HostTensors } from '#inference';
import { OutputMismatchError } from './errors.js';
import { scoreModels, type LabelledBatch } from './scores.js';

const model = (outputs: (input: HostTensors) => HostTensors) => ({ run: async (feeds: HostTensors) => outputs(feeds) });
const echo = model(({ x }) => ({ logits: x! }));

async function* batches(rows: number[][], labels: number[] | null, size = 2): AsyncGenerator<LabelledBatch> {
  for (let i = 0; i < rows.length; i += size) {
    const part = rows.slice(i, i + size);
    yield {
      inputs: { x: float32([part.length, part[0]!.length], part.flat()) },
      labels: labels && Int32Array.from(labels.slice(i, i + size)),
      size: part.length,
    };
  }
}

const rows = [
  [1, 0],
  [0, 1],
  [1, 0],
];

describe('scoreModels', () => {
  it('scores every model on the same samples, the baseline first', async () => {
    const swapped = model(({ x }) => ({
      logits: float32(
        x!.dims,
        Float32Array.from(x!.data as Float32Array, (value) => 1 - value),
      ),
    }));
    const result = await scoreModels([echo, swapped], batches(rows, [0, 1, 1]), 2);
    expect(result).toMatchObject({ scoreOutput: 'logits', samples: 3 });
    expect(result.scores[0]).toEqual({ top1: expect.closeTo(2 / 3), outputSnrDb: null, worstSnrDb: null });
    expect(result.scores[1]).toEqual({
      top1: expect.closeTo(1 / 3),
      outputSnrDb: expect.closeTo(10 * Math.log10(3 / 6)),
      worstSnrDb: expect.closeTo(10 * Math.log10(1 / 3)),
    });
  });

  it('gives top-5 only where there are more than five classes', async () => {
    const { scores } = await scoreModels([echo], batches([[6, 5, 4, 3, 2, 1]], [4]), 6);
    expect(scores[0]).toEqual({ top1: 0, top5: 1, outputSnrDb: null, worstSnrDb: null });
  });

  it('gives the SNR alone without labels', async () => {
    const { scores, scoreOutput } = await scoreModels([echo], batches(rows, null), null);
    expect(scores).toEqual([{ outputSnrDb: null, worstSnrDb: null }]);
    expect(scoreOutput).toBeNull();
  });

  it('reads the output that has the shape of class scores, be it followed by axes of one', async () => {
    const two = model(({ x }) => ({
      features: float32([x!.dims[0]!, 2, 3], new Float32Array(x!.dims[0]! * 6)),
      logits: { ...x!, dims: [...x!.dims, 1, 1] } as typeof x & object,
    }));
    expect((await scoreModels([two], batches(rows, [0, 1, 0]), 2)).scoreOutput).toBe('logits');
  });

  it('refuses a model whose outputs have another shape than the baseline', async () => {
    const other = model(({ x }) => ({ logits: float32([x!.dims[0]!, 1], new Float32Array(x!.dims[0]!)) }));
    await expect(scoreModels([echo, other], batches(rows, [0, 1, 0]), 2)).rejects.toThrow(OutputMismatchError);
  });
});
