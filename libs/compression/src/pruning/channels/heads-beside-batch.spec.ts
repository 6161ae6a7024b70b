import { PruneOptions } from '#contracts';
import { Session, float32 } from '#inference';
import { seededRandom } from '#numbers';
import { cloneModel, Graph, writeModel, type ModelProto } from '#onnx';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { findDependencies } from './groups.js';
import { NetBuilder } from './nets.fixture.js';
import { pruneChannels } from './prune-channels.js';
import { silence } from './silence.fixture.js';

const [STEPS, BATCH, WIDTH, HEADS] = [5, 3, 12, 4];

/**
 * nn.MultiheadAttention with the sequence first, as it is exported: heads move beside the batch. Where that is free, rows
 * are counted while the graph runs, once for queries, keys and values.
 */
function attention(batch: number | string): ModelProto {
  const b = new NetBuilder(seededRandom(5));
  const x = b.op('MatMul', [b.input('x', [STEPS, batch, WIDTH]), b.weights([WIDTH, WIDTH])]);
  const count = b.op('Gather', [b.op('Shape', [x]), b.ints([1])]);
  const isFree = typeof batch === 'string';
  const sizes = (...dims: (number | string)[]) =>
    isFree
      ? b.op(
          'Concat',
          dims.map((dim) => (typeof dim === 'string' ? dim : b.ints([dim]))),
          { axis: 0 },
        )
      : b.ints(dims.map(Number));
  const rowCount = isFree ? b.op('Mul', [count, b.ints([HEADS])]) : BATCH * HEADS;
  const stepCount = isFree ? b.op('Mul', [b.ints([STEPS]), count]) : STEPS * BATCH;
  const batchSize = isFree ? count : BATCH;
  const all = b.op('Add', [b.op('MatMul', [x, b.weights([WIDTH, 3 * WIDTH])]), b.weights([3 * WIDTH])]);
  const [q = '', k = '', v = ''] = b
    .ops('Split', 3, [all, b.ints([WIDTH, WIDTH, WIDTH])], { axis: -1 })
    .map((part) => b.op('Reshape', [part, sizes(STEPS, rowCount, WIDTH / HEADS)]))
    .map((part) => b.op('Transpose', [part], { perm: [1, 0, 2] }));
  const scores = b.op('MatMul', [q, b.op('Transpose', [k], { perm: [0, 2, 1] })]);
  const mixed = b.op('MatMul', [b.op('Softmax', [scores], { axis: -1 }), v]);
  const rows = b.op('Reshape', [b.op('Transpose', [mixed], { perm: [1, 0, 2] }), sizes(stepCount, WIDTH)]);
  const out = b.op('Reshape', [b.linear(rows, WIDTH, WIDTH), sizes(STEPS, batchSize, WIDTH)]);
  const mean = b.op('ReduceMean', [b.op('Add', [x, out]), b.ints([0])], { keepdims: 0 });
  b.op('Gemm', [mean, b.weights([WIDTH, 5])], {}, { outputs: [b.output('y', [batch, 5])] });
  return b.build();
}

async function answer(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(model), { optimization: 'disabled' });
  const numbers = Float32Array.from({ length: STEPS * BATCH * WIDTH }, (_, i) => Math.sin(i * i));
  const { y } = await session.run({ x: float32([STEPS, BATCH, WIDTH], numbers) });
  await session.release();
  return y!.data as Float32Array;
}

describe.each([
  ['fixed', BATCH],
  ['free', 'n'],
])('attention heads beside a %s batch', (_, batch) => {
  it('go whole, in all samples at once, and leave the output unchanged where they were silent', async () => {
    const model = attention(batch);
    const graph = new Graph(model);
    const { shapes } = await observeGraph(model);
    silence(graph, findDependencies(graph, shapes));
    const expected = await answer(cloneModel(model));
    const options = PruneOptions.parse({ ratio: 0.5, multipleOf: 1 });
    const { groups, skipped } = await pruneChannels(graph, options, { data: null, seed: 0, threads: 1 });
    expect(groups.map(({ kept, channels }) => kept / channels)).toEqual([0.5, 0.5]);
    expect(skipped.map(({ reason }) => reason)).toEqual(['graph output "y" keeps its shape']);
    (await answer(model)).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  });
});
