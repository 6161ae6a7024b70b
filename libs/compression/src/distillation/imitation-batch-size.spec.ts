import { Graph, GraphBuilder, writeModel, type ModelProto } from '#onnx';
import { TrainingError } from '../training/errors.js';
import { imitationBatchSize } from './imitation-batch-size.js';

/** A net whose answers depend on the batch, so that one which the file fixes stays fixed. */
function net(batch: number | string): ModelProto {
  const b = new GraphBuilder();
  b.op('Softmax', [b.input('x', [batch, 4])], { axis: 0 }, { outputs: [b.output('y', [batch, 4])] });
  return b.build();
}

const sizeOf = (student: number | string, teacher: number | string, method: 'generative' | 'discriminative') =>
  imitationBatchSize(new Graph(net(student)), writeModel(net(teacher)), { method, batchSize: 32 }, 100);

describe('a batch of a distillation', () => {
  it.each<[number | string, number | string, 'generative' | 'discriminative', number]>([
    ['n', 'n', 'discriminative', 32],
    ['n', 5, 'discriminative', 32],
    [5, 'n', 'discriminative', 30],
    ['n', 'n', 'generative', 32],
    ['n', 5, 'generative', 5],
    [5, 'n', 'generative', 5],
    [5, 5, 'generative', 5],
  ])(
    'of a student of %s and a teacher of %s holds, by method %s, %s samples',
    async (student, teacher, method, size) => {
      expect((await sizeOf(student, teacher, method)).batchSize).toBe(size);
    },
  );

  it('that both fix otherwise is refused where samples are made up, with the way out', async () => {
    await expect(sizeOf(4, 5, 'generative')).rejects.toThrow(TrainingError);
    await expect(sizeOf(4, 5, 'generative')).rejects.toThrow(
      'takes batches of 4, its teacher of 5, and a generator makes the same for both: export one of them',
    );
    expect((await sizeOf(4, 5, 'discriminative')).batchSize).toBe(32);
  });
});
