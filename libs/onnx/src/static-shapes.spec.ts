import { Session, type HostTensors } from '#inference';
import { randomModel } from '#testing';
import { valueDims, valueElemType, makeValueInfo, GraphBuilder } from './builder.js';
import { constantSizes } from './constant-sizes.js';
import { Graph } from './graph.js';
import { DataType, type ModelProto } from './proto.js';
import { cloneModel } from './read.js';
import { inferFrom, staticShapes } from './static-shapes.js';
import { writeModel } from './write.js';

describe('inferred shapes', () => {
  it('are those that the runtime observes in random models, sizes too, and the most are known', async () => {
    let [known, all] = [0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      const { model } = randomModel(seed);
      const graph = new Graph(model);
      const feeds = feedsFor(graph, 3);
      const { shapes, sizes } = inferFrom(
        graph,
        new Map(Object.entries(feeds).map(([name, { dims }]) => [name, dims])),
      );
      const observed = await observe(model, feeds);
      for (const [value, tensor] of observed) {
        all++;
        if (!shapes.has(value)) continue;
        known++;
        expect([seed, value, shapes.get(value)]).toEqual([seed, value, [...tensor.dims]]);
        if (sizes.has(value))
          expect([seed, value, sizes.get(value)!.values]).toEqual([
            seed,
            value,
            Array.from(tensor.data as Float32Array, Number),
          ]);
      }
    }
    expect(known / all).toBeGreaterThan(0.6);
  });

  it('leave a window out that would begin in the padding', () => {
    const b = new GraphBuilder();
    const y = b.op('MaxPool', [b.input('x', [1, 1, 5, 5])], {
      kernel_shape: [1, 2],
      strides: [3, 2],
      pads: [0, 0, 1, 1],
      ceil_mode: 1,
    });
    b.output(y);
    expect(staticShapes(new Graph(b.build())).get(y)).toEqual([1, 1, 2, 3]);
  });
});

describe('constant sizes', () => {
  it('are found through the turned pairs in which pads were exported', () => {
    const b = new GraphBuilder();
    b.input('x', ['n', 4]);
    const pairs = b.op('Reshape', [b.ints([1, 2, 3, 4, 0, 0, 0, 0]), b.ints([-1, 2])]);
    const turned = b.op('Slice', [pairs, b.ints([-1]), b.ints([-(2 ** 62)]), b.ints([0]), b.ints([-1])]);
    const pads = b.op('Cast', [b.op('Reshape', [b.op('Transpose', [turned], { perm: [1, 0] }), b.ints([-1])])], {
      to: DataType.INT64,
    });
    expect(constantSizes(new Graph(b.build())).get(pads)).toEqual({
      type: DataType.INT64,
      dims: [8],
      values: [0, 0, 3, 1, 0, 0, 4, 2],
    });
  });

  it('are those of channels and fixed dimensions, not those of free ones', () => {
    const b = new GraphBuilder();
    const x = b.input('x', ['n', 4, 'h', 8]);
    const single = b.op('Shape', [b.input('one', [1, 1])]);
    const shape = b.op('Shape', [b.op('Conv', [x, b.float(new Float32Array(24), [6, 4, 1, 1])])]);
    const [batch, channels, height, width] = [0, 1, 2, 3].map((axis) => b.op('Gather', [shape, b.ints(axis)])) as [
      string,
      string,
      string,
      string,
    ];
    const half = b.op('Div', [channels, b.ints(2)]);
    const root = b.op('Sqrt', [b.op('Cast', [channels], { to: DataType.FLOAT })]);
    const cut = b.op('Min', [height, b.ints(16)]);
    const sizes = constantSizes(new Graph(b.build()));
    expect([channels, width, half, single].map((value) => sizes.get(value)?.values)).toEqual([[6], [8], [3], [1, 1]]);
    expect(sizes.get(root)).toEqual({ type: DataType.FLOAT, dims: [], values: [Math.fround(Math.sqrt(6))] });
    expect([shape, batch, height, cut].map((value) => sizes.has(value))).toEqual([false, false, false, false]);
  });

  it.each([
    ['batch', 0],
    ['free length', 1],
  ])('are not a part of a %s, however large the part is', (_, axis) => {
    const b = new GraphBuilder();
    const shape = b.op('Shape', [b.input('x', ['n', 't'])]);
    const eighth = b.op('Div', [b.op('Gather', [shape, b.ints(axis)]), b.ints(8)]);
    expect(constantSizes(new Graph(b.build())).has(eighth)).toBe(false);
  });
});

function feedsFor(graph: Graph, batch: number): HostTensors {
  return Object.fromEntries(
    graph.inputs.map((input) => {
      const dims = valueDims(input)!.map((dim) => (typeof dim === 'number' ? dim : batch));
      const count = dims.reduce((product, dim) => product * dim, 1);
      switch (valueElemType(input)) {
        case DataType.INT64:
          return [input.name, { type: 'int64', dims, data: new BigInt64Array(count) }];
        case DataType.INT32:
          return [input.name, { type: 'int32', dims, data: new Int32Array(count) }];
        case DataType.UINT8:
          return [input.name, { type: 'uint8', dims, data: new Uint8Array(count) }];
        case DataType.BOOL:
          return [input.name, { type: 'bool', dims, data: new Uint8Array(count) }];
        default:
          return [input.name, { type: 'float32', dims, data: new Float32Array(count) }];
      }
    }),
  );
}

async function observe(model: ModelProto, feeds: HostTensors): Promise<[string, HostTensors[string]][]> {
  const copy = cloneModel(model);
  const values = copy.graph!.node.flatMap((node) => node.output).filter((value) => value !== '');
  copy.graph!.output = values.map((value) => makeValueInfo(value, DataType.UNDEFINED));
  const session = await Session.create(writeModel(copy), { optimization: 'disabled' });
  try {
    return Object.entries(await session.run(feeds));
  } finally {
    await session.release();
  }
}
