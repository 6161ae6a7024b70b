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

/** Layers of hidden size 8 whose weights are cut into gates and joined in another order, as the newer exporter writes them. */
function gatesApart(isTied: boolean): ModelProto {
  const b = new GraphBuilder('gates');
  const reordered = (width: number) => {
    const stored = b.float(numbers(32 * width), [32, width]);
    const gate = (i: number) => b.op('Slice', [stored, b.ints([8 * i]), b.ints([8 * i + 8]), b.ints([0])]);
    const weight = b.op('Unsqueeze', [b.op('Concat', [gate(0), gate(3), gate(1), gate(2)], { axis: 0 }), b.ints([0])]);
    return { stored, weight };
  };
  const [input, state] = [reordered(5), reordered(8)];
  const hidden = b.op('LSTM', [b.input('x', [3, 'n', 5]), input.weight, state.weight], { hidden_size: 8 });
  const last = b.op('Squeeze', [hidden, b.ints([1])]);
  b.output(b.op('MatMul', [last, b.float(numbers(32), [8, 4])]), [3, 'n', 4]);
  if (isTied) b.output(b.op('ReduceSum', [state.stored], { keepdims: 0 }), []);
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

describe('weights of a recurrent layer that are cut into gates and joined again', () => {
  it('are pruned like stored ones', async () => {
    const { sizes, skipped } = await pruned(gatesApart(false));
    expect(sizes.toSorted()).toEqual(expect.arrayContaining(['1,16,4', '1,16,5', '4,4']));
    expect(skipped.map(({ reason }) => reason)).toEqual([expect.stringContaining('graph output')]);
  });

  it('stay where something else reads what they are cut from, and that is told', async () => {
    const { sizes, skipped } = await pruned(gatesApart(true));
    expect(sizes).toContain('32,8');
    expect(skipped).toContainEqual(
      expect.objectContaining({ reason: expect.stringContaining('computed inside the graph') }),
    );
  });
});
