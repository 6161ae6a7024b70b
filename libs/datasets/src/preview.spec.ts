import { GraphBuilder, writeModel } from '#onnx';
import { previewDataset } from './preview.js';
import { smallDataset, withFolder } from './test-dataset.js';

/** Takes [batch, 2] and answers so many scores a sample, all alike. */
function scoring(scores: number): Uint8Array {
  const builder = new GraphBuilder('scores');
  const x = builder.input('x', ['batch', 2]);
  const weights = builder.float(new Float32Array(2 * scores), [2, scores]);
  builder.op('MatMul', [x, weights], {}, { outputs: [builder.output('scores', ['batch', scores])] });
  return writeModel(builder.build());
}

const previewed = (scores: number) =>
  withFolder(smallDataset(), (folder) => previewDataset(folder, scoring(scores), { count: 1 }));

describe('a preview of samples that have classes', () => {
  it('measures top-1 where an output has a score for each', async () => {
    expect(await previewed(3)).toMatchObject({ accuracy: { samples: 2, classes: 3 }, unmeasured: null });
  });

  it('shows those of another split, after the first ones, and measures nothing by them', async () => {
    const later = await withFolder(smallDataset(), (folder) =>
      previewDataset(folder, scoring(3), { count: 2, from: 3, split: 'train' }),
    );
    expect(later).toMatchObject({ split: 'train', accuracy: null });
    // The fourth of the four samples of the split: values 6 and 7.
    expect(later.samples.map(({ label, inputs }) => ({ label, most: inputs[0]?.most }))).toEqual([
      { label: expect.stringContaining('0'), most: 7 },
    ]);
  });

  it('says why it does not where none has', async () => {
    const { accuracy, unmeasured } = await previewed(4);
    expect(accuracy).toBeNull();
    expect(unmeasured).toMatch(/no output has 3 numbers a sample.*scores has 4/);
  });
});
