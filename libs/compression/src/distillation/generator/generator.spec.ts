import { GraphBuilder, Graph, type ModelProto, ownName } from '#onnx';
import { observeTrainingShapes } from '../../training/observe.js';
import { float32 } from '#inference';
import { NOISE, NOISE_SIZE, generatorBefore, pictureOf } from './generator.js';

function imageTeacher(): ModelProto {
  const b = new GraphBuilder('t');
  b.output(
    b.op('Flatten', [b.op('GlobalAveragePool', [b.input('pixels', ['n', 3, 10, 7])])], {}, { outputs: ['logits'] }),
    ['n', 3],
  );
  return b.build();
}

describe('the generator', () => {
  it('makes samples of the shape that the teacher reads, whatever its size', async () => {
    const { graph } = generatorBefore(imageTeacher(), { input: 'pixels', dims: [3, 10, 7], range: [0, 1] }, 4, 1);
    const shapes = await observeTrainingShapes(graph, {
      [NOISE]: float32([4, NOISE_SIZE], new Float32Array(4 * NOISE_SIZE).fill(0.5)),
    });
    expect([shapes.get('pixels'), shapes.get('logits')]).toEqual([
      [4, 3, 10, 7],
      [4, 3],
    ]);
  });

  it.each([
    [[5], [1, 1, 5]],
    [[4000], [1, 1, 4000]],
    [
      [40, 12],
      [1, 40, 12],
    ],
    [
      [9, 7, 3],
      [3, 9, 7],
    ],
    [
      [3, 9, 7],
      [3, 9, 7],
    ],
    [
      [2, 4, 5, 6],
      [2, 20, 6],
    ],
  ])('makes samples of the shape %j', async (dims, picture) => {
    const b = new GraphBuilder('t');
    b.output(b.op('Flatten', [b.input('x', ['n', ...dims])], {}, { outputs: ['y'] }), ['n', 'size']);
    const { graph } = generatorBefore(b.build(), { input: 'x', dims, range: [0, 1] }, 2, 1);
    const shapes = await observeTrainingShapes(graph, {
      [NOISE]: float32([2, NOISE_SIZE], new Float32Array(2 * NOISE_SIZE).fill(0.5)),
    });
    expect(shapes.get('x')).toEqual([2, ...dims]);
    expect(pictureOf(dims).picture).toEqual(picture);
  });

  it('trains its own weights and leaves the teacher its own', () => {
    const { graph, parameters } = generatorBefore(
      imageTeacher(),
      { input: 'pixels', dims: [3, 10, 7], range: [0, 1] },
      4,
      1,
    );
    expect(
      parameters.every((name) => new Graph(graph.model).initializer(name) && name.startsWith(ownName('generator:'))),
    ).toBe(true);
  });
});
