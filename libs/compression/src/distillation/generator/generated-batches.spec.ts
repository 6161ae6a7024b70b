import { writeModel } from '#onnx';
import { mlp } from '#testing';
import { generatedBatches } from './generated-batches.js';

it('an epoch of generated batches has as many as it says, each with the answers of the teacher', async () => {
  const source = await generatedBatches({
    teacher: writeModel(mlp([8, 6, 4])),
    logits: 'logits',
    answers: ['logits'],
    batchSize: 4,
    range: [-1, 1],
    learningRate: 0.01,
    statistics: 0,
    adversarial: 0,
    student: null,
    seed: 1,
    threads: 1,
    input: 'x',
    generatedBatchesPerEpoch: 3,
  });
  const shapes = [];
  for await (const { inputs, targets, labels } of source.batches(0))
    shapes.push([inputs['x']?.dims, targets['logits']?.dims, labels]);
  await source.release();
  expect(shapes).toHaveLength(source.batchesPerEpoch);
  expect(shapes).toEqual(Array(9).fill([[4, 8], [4, 4], null]));
});
