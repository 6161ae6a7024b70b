import { writeModel } from '#onnx';
import { float32 } from '#inference';
import { mlp } from '#testing';
import { Ensemble, softenedMean, weightedMean } from './ensemble.js';
import { ModelTeacher } from './teacher.js';

const softmax = (logits: readonly number[], temperature: number) => {
  const powers = logits.map((logit) => Math.exp(logit / temperature));
  return powers.map((power) => power / powers.reduce((a, b) => a + b));
};

describe('softenedMean', () => {
  it('gives logits whose softmax at the temperature is the mean of the softmaxes', () => {
    const [a, b] = [
      [3, -1, 0.5],
      [-2, 4, 1],
    ];
    const mean = softenedMean([Float32Array.from(a), Float32Array.from(b)], [0.25, 0.75], 3, 4);
    const expected = softmax(a, 4).map((p, i) => 0.25 * p + 0.75 * softmax(b, 4)[i]!);
    softmax([...mean], 4).forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 5));
  });

  it('stays finite for logits far apart', () => {
    const mean = softenedMean([Float32Array.of(1e4, -1e4), Float32Array.of(1e4, -1e4)], [0.5, 0.5], 2, 1);
    expect([...mean].every(Number.isFinite)).toBe(true);
  });
});

describe('an ensemble', () => {
  const models = [mlp([8, 16, 4], 1), mlp([8, 12, 4], 2)].map(writeModel);
  const x = float32(
    [3, 8],
    Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
  );
  const alone = async (model: Uint8Array) => {
    const teacher = await ModelTeacher.load(model, 1);
    const answer = (await teacher.answer({ x }))['logits']!.data as Float32Array;
    await teacher.release();
    return answer;
  };

  it('answers by the weighted mean of its members, and for logits by that of their probabilities', async () => {
    const answers = [await alone(models[0]!), await alone(models[1]!)];
    const ensemble = await Ensemble.load(models, [1, 3], 1);
    expect((await ensemble.answer({ x }))['logits']!.data).toEqual(weightedMean(answers, [0.25, 0.75]));
    expect((await ensemble.softened(['logits'], 3).answer({ x }))['logits']!.data).toEqual(
      softenedMean(answers, [0.25, 0.75], 4, 3),
    );
    await ensemble.release();
  });

  it('answers under the names of its first member, whatever the others call theirs', async () => {
    const other = mlp([8, 12, 4], 2);
    other.graph!.output[0]!.name = other.graph!.node.at(-1)!.output[0] = 'scores';
    const ensemble = await Ensemble.load([models[0]!, writeModel(other)], [1, 1], 1);
    expect(Object.keys(await ensemble.answer({ x }))).toEqual(['logits']);
    await ensemble.release();
  });

  it('refuses members whose answers differ in shape, naming them', async () => {
    const ensemble = await Ensemble.load([models[0]!, writeModel(mlp([8, 5]))], [1, 1], 1);
    await expect(ensemble.answer({ x })).rejects.toThrow(
      /teacher 1 of the ensemble has no output like "logits" \[3,4\] of the first: got "logits" \[3,5\]/,
    );
    await ensemble.release();
  });
});
