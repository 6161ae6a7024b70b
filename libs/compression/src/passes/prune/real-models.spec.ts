import { readFileSync } from 'node:fs';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { PruneOptions } from '#contracts';
import { Session, type HostTensors } from '#inference';
import { Graph, ModelProtoSchema, weightSites, type ModelProto, type NodeProto } from '#onnx';
import { PUBLISHED_MODELS, publishedModelFile, type PublishedModel } from '#testing';
import { liftConstants } from '../../rewrites/constants.js';
import { figuresOf } from '../../pruning/channels/figures.js';
import { findDependencies } from '../../pruning/channels/groups.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { pruneChannels } from '../../pruning/channels/prune-channels.js';
import { silence } from '../../pruning/channels/silence.fixture.js';

const load = (published: PublishedModel) =>
  new Graph(fromBinary(ModelProtoSchema, readFileSync(publishedModelFile(published))));

async function outputs(model: ModelProto, feeds: HostTensors): Promise<HostTensors> {
  const session = await Session.create(toBinary(ModelProtoSchema, model), { optimization: 'disabled' });
  const results = await session.run(feeds);
  await session.release();
  return results;
}

function first(results: HostTensors): Float32Array {
  return Object.values(results)[0]!.data as Float32Array;
}

/** Output channels of every layer of the main graph. */
function channelsOf(graph: Graph): Map<NodeProto, number> {
  return new Map(weightSites(graph).map(({ node, dims, outputAxis }) => [node, dims[outputAxis]!]));
}

/**
 * Least share of multiply-accumulates that goes with a quarter of the channels; none where every layer lies in the body
 * of an If.
 */
const LEAST: Record<string, number> = {
  'PP-OCRv4 det': 0.4,
  'PP-OCRv4 rec': 0.4,
  'PP-OCR cls': 0.35,
  'wake word: embedding': 0.4,
  'silero VAD v5 16k': 0.1,
  'silero VAD v4 (If, LSTM)': 0,
  'silero VAD v5 (If)': 0,
};

describe('channel removal on published models', () => {
  it.each(PUBLISHED_MODELS)(
    '$name without a quarter of its channels costs what was predicted, answers in the same shapes, and tells why layers kept theirs',
    async (published) => {
      const graph = load(published);
      liftConstants(graph);
      const channels = channelsOf(graph);
      const feeds = await published.feeds(1);
      const expected = await outputs(graph.model, feeds);
      const { before, after, groups, skipped } = await pruneChannels(
        graph,
        PruneOptions.parse({ ratio: 0.25, multipleOf: 1 }),
        { data: null, seed: 0, threads: 1 },
      );
      const least = LEAST[published.name] ?? 0.2;
      if (least > 0) expect(1 - after.macs / before.macs).toBeGreaterThan(least);
      else
        expect(skipped).toEqual([
          expect.objectContaining({
            opType: 'If',
            reason: expect.stringMatching(/layers inside its body are left alone/),
          }),
        ]);
      expect(figuresOf(graph, (await observeGraph(graph.model)).shapes)).toEqual(after);
      const actual = await outputs(graph.model, feeds);
      expect(Object.values(actual).map(({ dims }) => dims)).toEqual(Object.values(expected).map(({ dims }) => dims));
      expect(
        Object.values(actual).every(
          ({ type, data }) => type !== 'float32' || data.every((value) => Number.isFinite(Number(value))),
        ),
      ).toBe(true);
      const whole = [...channelsOf(graph)]
        .filter(([node, count]) => channels.get(node) === count)
        .map(([node]) => node.name || node.output[0]);
      const reasons = new Set(skipped.map(({ node }) => node));
      const told = groups.filter(({ producers }) => reasons.has(producers[0]!)).flatMap(({ producers }) => producers);
      expect([...reasons, ...told]).toEqual(expect.arrayContaining(whole));
    },
  );

  it('answers the same when the removed weights were zero', async () => {
    const graph = load(PUBLISHED_MODELS.find(({ name }) => name === 'PP-OCR cls')!);
    liftConstants(graph);
    const { shapes, feeds } = await observeGraph(graph.model);
    expect(silence(graph, findDependencies(graph, shapes)).size).toBeGreaterThan(100);
    const expected = first(await outputs(graph.model, feeds));
    const { before, after } = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }), {
      data: null,
      seed: 0,
      threads: 1,
    });
    expect(after.macs).toBeLessThan(0.4 * before.macs);
    const actual = first(await outputs(graph.model, feeds));
    const error = actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
    expect(error).toBeLessThan(1e-4);
  });
});
