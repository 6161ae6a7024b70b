import { PruneOptions } from '#contracts';
import { Graph, int64Tensor, tensorDims } from '#onnx';
import { Coordinates } from './coordinates.js';
import { generate, outputs } from './nets.fixture.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { pruneChannels } from './prune-channels.js';
import { SoundRemoval, unsoundSets } from './sound-removal.js';

describe('removals that do not hold', () => {
  it('are found among many in few trials, one by one and in combination', async () => {
    let trials = 0;
    const problemWithout = async (ids: ReadonlySet<number>) => {
      trials++;
      return ids.has(5) || (ids.has(2) && ids.has(7)) ? 'broken' : null;
    };
    const unsound = await unsoundSets(
      [...Array(16).keys()].map((id) => new Set([id])),
      problemWithout,
    );
    expect([...unsound]).toEqual([
      [5, 'broken'],
      [7, 'broken'],
    ]);
    expect(trials).toBeLessThan(20);
  });

  it('are told by the node at which the graph would stop, or by the shape that comes out', async () => {
    const model = generate((b, x) => b.linear(b.pool(b.relu(b.conv(x, 3, 8))), 8, 5), 1);
    const graph = new Graph(model);
    const observation = await observeGraph(model);
    // Nothing is linked, as if no rule spoke of the operators.
    const coordinates = new Coordinates(observation.shapes);
    const [weight] = graph.proto.initializer.map(({ name }) => name);
    const removal = new SoundRemoval(graph, observation);
    const input = coordinates.find(coordinates.at(weight!, 1, 0));
    expect(await removal.problemWithout(new Set([input]), coordinates)).toMatch(/^the graph would stop at Conv/);
    expect(await removal.problemOf(() => new Map([['y', [1, 4]]]))).toBe(
      '"y" would have the shape [1, 5] where [1, 4] was predicted',
    );
  });

  it('are told on a batch of two where one sample shows nothing', async () => {
    const model = generate((b, x) => b.linear(b.op('Reshape', [b.relu(b.conv(x, 3, 8)), b.ints([0, 288])]), 288, 5), 1);
    const removal = new SoundRemoval(new Graph(model), await observeGraph(model));
    const problem = await removal.problemOf((trial) => {
      const { input } = trial.nodes.find(({ opType }) => opType === 'Reshape')!;
      trial.replaceInitializer(int64Tensor(input[1]!, [2], [1, -1]));
      return new Map();
    });
    expect(problem).toBe('the graph would stop at Gemm');
  });

  it('keep their group whole, named in skipped, while the others are pruned', async () => {
    // A Gather of rows by an index that a weight decides: no rule can know which channel it takes.
    const model = generate((b, x) => {
      const t = b.relu(b.conv(x, 3, 8));
      const shape = b.op(
        'Concat',
        [
          b.op('Slice', [b.op('Shape', [x]), b.ints([0]), b.ints([1])]),
          b.op('Cast', [b.op('Round', [b.op('Mul', [b.float([4]), b.float([2])])])], { to: 7 }),
          b.ints([36]),
        ],
        { axis: 0 },
      );
      return b.linear(b.op('ReduceMean', [b.op('Reshape', [t, shape]), b.ints([2])], { keepdims: 0 }), 8, 5);
    }, 1);
    const graph = new Graph(model);
    const { groups, skipped } = await pruneChannels(graph, PruneOptions.parse({ multipleOf: 1 }), {
      data: null,
      seed: 0,
      threads: 1,
    });
    expect(groups).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining('without some of them the graph would stop at Reshape'),
    );
    expect(tensorDims(graph.proto.initializer[0]!)).toEqual([8, 3, 3, 3]);
    expect(await outputs(model)).toHaveLength(15);
  });
});
