import { PruneOptions, QuantizeOptions } from '#contracts';
import { Session, type HostTensors } from '#inference';
import {
  cloneModel,
  countParameters,
  DataType,
  Graph,
  GraphBuilder,
  readModel,
  tensorDims,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';
import { findDependencies } from './groups.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { pruneChannels } from './prune-channels.js';
import { silence } from './silence.fixture.js';

const [ROWS, WIDTH, TOKENS] = [120, 32, 5];
const random = randomNumbers(31);
const noise = (...dims: number[]) =>
  Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => random() - 0.5);
const FEEDS: HostTensors = {
  ids: { type: 'int64', dims: [2, TOKENS], data: BigInt64Array.from({ length: 2 * TOKENS }, (_, i) => BigInt(i * 11)) },
};

/** ids -> words + positions -> a residual block -> MatMul: what the block gives has the channels of the tables. */
function tokenNet(): ModelProto {
  const b = new GraphBuilder();
  const ids = b.input('ids', [2, TOKENS], DataType.INT64);
  const table = (rows: number, chosen: string) => b.op('Gather', [b.float(noise(rows, WIDTH), [rows, WIDTH]), chosen]);
  const product = (x: string, from: number, to: number) => b.op('MatMul', [x, b.float(noise(from, to), [from, to])]);
  const sum = b.op('Add', [table(ROWS, ids), table(64, b.op('Mod', [ids, b.ints(64)]))]);
  const block = product(b.op('Relu', [product(sum, WIDTH, 24)]), 24, WIDTH);
  const logits = product(b.op('Add', [sum, block]), WIDTH, 4);
  b.op('Identity', [logits], {}, { outputs: [b.output('y', [2, TOKENS, 4])] });
  return readModel(writeModel(b.build()));
}

async function outputOf(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  try {
    return (await session.run(FEEDS))['y']!.data as Float32Array;
  } finally {
    await session.release();
  }
}

async function quantized(model: ModelProto, given: Partial<QuantizeOptions>): Promise<ModelProto> {
  await quantizeModel(model, QuantizeOptions.parse(given), () => () => [FEEDS], { threads: 1, seed: 0 });
  return model;
}

const tables = (model: ModelProto) => {
  const graph = new Graph(model);
  const lookUps = graph.nodes.filter(({ opType }) => opType.startsWith('Gather'));
  return lookUps.flatMap(({ input }) => graph.initializer(input[0]!) ?? []).map(tensorDims);
};

describe('tables stored as integers', () => {
  it('count as the parameters that they were, and their zeros as zeros', async () => {
    const model = tokenNet();
    const before = countParameters(model);
    for (const given of [{}, { scheme: 'weightOnly', weightBits: 4, target: 'onnxruntime' }] as const) {
      const after = countParameters(await quantized(cloneModel(model), given));
      expect(after.parameters).toBe(before.parameters);
      expect(after.nonZeros).toBeGreaterThan(before.nonZeros * ('target' in given ? 0.8 : 0.97));
      expect(after.nonZeros).toBeLessThan(before.nonZeros);
    }
  });

  it('lose columns, and their scales, exactly', async () => {
    const graph = new Graph(await quantized(tokenNet(), { scheme: 'weightOnly' }));
    const silent = silence(graph, findDependencies(graph, (await observeGraph(graph.model)).shapes));
    expect(silent.size).toBeGreaterThan(0);
    const expected = await outputOf(graph.model);
    const { after, before } = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }), {
      data: null,
      seed: 0,
      threads: 1,
    });
    expect(after.macs).toBeLessThan(0.4 * before.macs);
    expect(tables(graph.model)).toEqual([
      [ROWS, WIDTH / 2],
      [64, WIDTH / 2],
    ]);
    (await outputOf(graph.model)).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  });

  it.each(['static', 'weightOnly'] as const)('that are weights too lose columns in both, scheme %s', async (scheme) => {
    const b = new GraphBuilder();
    const table = b.float(noise(ROWS, WIDTH), [ROWS, WIDTH]);
    const words = b.op('Gather', [table, b.input('ids', [2, TOKENS], DataType.INT64)]);
    const block = b.op('Relu', [b.op('MatMul', [words, b.float(noise(WIDTH, 24), [WIDTH, 24])])]);
    const sum = b.op('Add', [words, b.op('MatMul', [block, b.float(noise(24, WIDTH), [24, WIDTH])])]);
    const logits = b.op('MatMul', [sum, b.op('Transpose', [table], { perm: [1, 0] })]);
    b.op('Identity', [logits], {}, { outputs: [b.output('y', [2, TOKENS, ROWS])] });
    const graph = new Graph(await quantized(readModel(writeModel(b.build())), { scheme }));
    const [before] = tables(graph.model);
    const options = PruneOptions.parse({ ratio: 0.5, multipleOf: 1 });
    const { after, before: whole } = await pruneChannels(graph, options, { data: null, seed: 0, threads: 1 });
    expect([before, tables(graph.model)[0]]).toEqual([
      [ROWS, WIDTH],
      [ROWS, WIDTH / 2],
    ]);
    expect(after.macs).toBeLessThan(0.55 * whole.macs);
    expect((await outputOf(graph.model)).every(Number.isFinite)).toBe(true);
  });

  it('are made of a net that was pruned', async () => {
    const graph = new Graph(tokenNet());
    await pruneChannels(graph, PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }), { data: null, seed: 0, threads: 1 });
    const { layers, skipped } = await quantizeModel(graph.model, QuantizeOptions.parse({}), () => () => [FEEDS], {
      threads: 1,
      seed: 0,
    });
    expect(layers.map(({ opType }) => opType)).toEqual(['Gather', 'Gather', 'MatMul', 'MatMul', 'MatMul']);
    expect(skipped).toEqual([]);
    expect(tables(graph.model)).toEqual([
      [ROWS, WIDTH / 2],
      [64, WIDTH / 2],
    ]);
  });

  it('in blocks keep their columns, which is said', async () => {
    const graph = new Graph(
      await quantized(tokenNet(), { scheme: 'weightOnly', weightBits: 4, target: 'onnxruntime', opTypes: ['Gather'] }),
    );
    const { skipped } = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }), {
      data: null,
      seed: 0,
      threads: 1,
    });
    expect(tables(graph.model)).toEqual([
      [ROWS, WIDTH],
      [64, WIDTH],
    ]);
    expect(skipped.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/GatherBlockQuantized/));
    expect((await outputOf(graph.model)).every(Number.isFinite)).toBe(true);
  });
});
