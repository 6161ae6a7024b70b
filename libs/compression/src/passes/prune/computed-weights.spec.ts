import { PruneOptions } from '#contracts';
import { GraphBuilder, tensorDims, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { stageContext } from '../../context.fixture.js';
import { prunePass } from './prune.js';

const draw = randomNumbers(4);
const numbers = (count: number) => Float32Array.from({ length: count }, () => draw() - 0.5);

/** x [n, 8] -> MatMul by a matrix behind a Transpose, stored [16, 8] -> Relu -> MatMul [16, 4]; where it is tied something else reads it too. */
function net(isTied: boolean): ModelProto {
  const b = new GraphBuilder('behind');
  const stored = b.float(numbers(128), [16, 8]);
  const hidden = b.op('MatMul', [b.input('x', ['n', 8]), b.op('Transpose', [stored], { perm: [1, 0] })]);
  const back = isTied ? b.op('MatMul', [b.op('Relu', [hidden]), stored]) : b.op('Relu', [hidden]);
  b.output(b.op('MatMul', [back, b.float(numbers((isTied ? 8 : 16) * 4), [isTied ? 8 : 16, 4])]), ['n', 4]);
  return b.build();
}

async function pruned(model: ModelProto) {
  const context = stageContext(model);
  const { skipped } = await prunePass.run(context, PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }));
  return { skipped, sizes: model.graph!.initializer.map((tensor) => tensorDims(tensor).join()) };
}

describe('a weight behind a Transpose', () => {
  it('is pruned like any other', async () => {
    const { sizes, skipped } = await pruned(net(false));
    expect(sizes.toSorted()).toEqual(['8,4', '8,8']);
    expect(skipped.every(({ reason }) => reason.includes('graph output'))).toBe(true);
  });

  it('stays where something else reads it too: tied weights stay tied, and that is told', async () => {
    const { sizes, skipped } = await pruned(net(true));
    expect(sizes).toContain('16,8');
    expect(skipped).toContainEqual(
      expect.objectContaining({ reason: expect.stringContaining('computed inside the graph') }),
    );
  });
});
