import { PruneOptions } from '#contracts';
import { Session, float32 } from '#inference';
import { nodeLabel, Graph, GraphBuilder, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { prunePass } from '../../passes/prune/prune.js';
import { dropBlocks, staticallyBlockedLayers } from './drop-blocks.js';

/** A stem, then residual blocks whose branch is scaled by `strengths`, one after the other, and a head. */
function residualNet(strengths: readonly number[]): ModelProto {
  const b = new GraphBuilder('r');
  const random = randomNumbers(5);
  const conv = (x: string, from: number, to: number, scale = 1) =>
    b.op(
      'Conv',
      [
        x,
        b.float(
          Float32Array.from({ length: from * to * 9 }, () => (random() - 0.5) * scale),
          [to, from, 3, 3],
        ),
      ],
      { pads: [1, 1, 1, 1] },
    );
  let x = b.op('Relu', [conv(b.input('x', [1, 3, 6, 6]), 3, 8)]);
  for (const strength of strengths) x = b.op('Add', [x, conv(b.op('Relu', [conv(x, 8, 4)]), 4, 8, strength)]);
  b.op('GlobalAveragePool', [x], {}, { outputs: ['y'] });
  b.output('y', [1, 8, 1, 1]);
  return b.build();
}

const inputs = { data: null, seed: 1, threads: 1 };
const options = (given: Partial<PruneOptions>) => PruneOptions.parse({ granularity: 'layer', ...given });

async function outputs(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  const { y } = await session.run({
    x: float32(
      [1, 3, 6, 6],
      Float32Array.from({ length: 108 }, (_, i) => Math.sin(i)),
    ),
  });
  await session.release();
  return y!.data as Float32Array;
}

describe('dropping residual blocks', () => {
  it('drops those without which the outputs change least, and leaves their weights out of the file', async () => {
    const graph = new Graph(residualNet([1, 0.01, 1, 0.001]));
    const stored = graph.proto.initializer.length;
    const { blocks, before, after } = await dropBlocks(graph, options({ ratio: 0.5 }), inputs);
    expect(blocks.map(({ dropped }) => dropped)).toEqual([false, true, false, true]);
    expect(after.macs).toBeLessThan(before.macs);
    expect(graph.nodes.filter(({ opType }) => opType === 'Add')).toHaveLength(2);
    expect(stored - graph.proto.initializer.length).toBe(4);
  });

  it('leaves the output as it is when the dropped branches are zero', async () => {
    const model = residualNet([1, 0, 1, 0]);
    const expected = await outputs(model);
    await dropBlocks(new Graph(model), options({ ratio: 0.5 }), inputs);
    expect(await outputs(model)).toEqual(expected);
  });

  it('leaves the model bit-identical at ratio 0 and names the layers that cannot go', async () => {
    const model = residualNet([1, 1]);
    const expected = await outputs(model);
    const { skipped } = await dropBlocks(new Graph(model), options({ ratio: 0 }), inputs);
    expect(await outputs(model)).toEqual(expected);
    expect(skipped).toEqual([
      expect.objectContaining({ opType: 'Conv', reason: expect.stringContaining('in no block that keeps its shape') }),
    ]);
  });

  it('tells before the run, from the graph alone, which layers are excluded with their block', async () => {
    const model = residualNet([1, 1]);
    const first = new Graph(model).nodes.find(({ opType }) => opType === 'Add')!;
    const given = options({ exclude: [nodeLabel(first)] });
    const told = staticallyBlockedLayers(new Graph(model), given);
    expect(told.map(({ reason }) => reason)).toEqual(
      Array(2).fill('it is excluded, or in one block with a node that is'),
    );
    expect(prunePass.preflight(model, given)).toEqual(told);
    expect((await dropBlocks(new Graph(model), given, inputs)).skipped).toEqual(expect.arrayContaining(told));
  });
});
