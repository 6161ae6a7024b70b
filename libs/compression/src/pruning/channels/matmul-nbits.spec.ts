import { clone, toBinary } from '@bufbuild/protobuf';
import { PruneOptions, QuantizeOptions } from '#contracts';
import { Session, float32, type HostTensors } from '#inference';
import { Graph, ModelProtoSchema, intAttribute, type ModelProto } from '#onnx';
import { mlp } from '#testing';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';
import { findDependencies } from './groups.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { pruneChannels } from './prune-channels.js';
import { silence } from './silence.fixture.js';

const FEEDS: HostTensors = {
  x: float32(
    [3, 96],
    Float32Array.from({ length: 288 }, (_, i) => Math.sin(i * i)),
  ),
};

/** Three products of a perceptron, those not left float in 4-bit blocks of 128 inputs. */
async function blockwiseNet(widths: readonly number[], exclude: string[] = []): Promise<Graph> {
  const model = mlp(widths);
  for (const [i, node] of model.graph!.node.filter(({ opType }) => opType === 'Gemm').entries())
    node.name = `fc${i + 1}`;
  await quantizeModel(
    model,
    QuantizeOptions.parse({ scheme: 'weightOnly', target: 'onnxruntime', weightBits: 4, exclude }),
    null,
    { threads: 1, seed: 0 },
  );
  return new Graph(model);
}

async function logits(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(toBinary(ModelProtoSchema, model));
  const results = await session.run(FEEDS);
  await session.release();
  return results['logits']!.data as Float32Array;
}

/**
 * Zeros the scales of every other channel or block, removes them, and expects the same output; returns K and N of each
 * product.
 */
async function halve(graph: Graph) {
  const silent = silence(graph, findDependencies(graph, (await observeGraph(graph.model)).shapes));
  expect(silent.size).toBeGreaterThan(0);
  const expected = await logits(clone(ModelProtoSchema, graph.model));
  const report = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }), {
    data: null,
    seed: 0,
    threads: 1,
  });
  const actual = await logits(graph.model);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 3));
  return {
    ...report,
    sizes: graph.nodes
      .filter(({ opType }) => opType === 'MatMulNBits')
      .map((node) => [intAttribute(node, 'K', 0), intAttribute(node, 'N', 0)]),
  };
}

describe('channel removal across MatMulNBits', () => {
  it('takes single output channels where a float layer reads them', async () => {
    const { sizes, before, after } = await halve(await blockwiseNet([96, 64, 8], ['fc2']));
    expect(sizes).toEqual([[96, 32]]);
    expect(after.macs).toBe(before.macs / 2);
  });

  it('takes whole blocks of inputs, the last of them short', async () => {
    const { sizes } = await halve(await blockwiseNet([96, 300, 8]));
    expect(sizes).toEqual([
      [96, 172],
      [172, 8],
    ]);
  });

  it('leaves the inputs of a single block, and says so', async () => {
    const graph = await blockwiseNet([96, 128, 8]);
    const { before, after, skipped } = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.5 }), {
      data: null,
      seed: 0,
      threads: 1,
    });
    expect(after).toEqual(before);
    expect(skipped.map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(/^MatMulNBits ".*" keeps all its inputs in one block of 128$/),
    );
  });
});
