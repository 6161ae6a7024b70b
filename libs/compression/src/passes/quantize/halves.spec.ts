import { QuantizeOptions } from '#contracts';
import { Session, type HostTensors } from '#inference';
import {
  DataType,
  floatToBfloat,
  floatToHalf,
  Graph,
  GraphBuilder,
  halfToFloat,
  makeTensor,
  readModel,
  valueElemType,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { snrDb } from '../../quantization/grid/arithmetic.js';
import { planQuantization } from '../../quantization/schemes/plan-quantization.js';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';
import { quantizePass } from './quantize.js';

const random = randomNumbers(5);
const noise = (count: number, scale = 0.5) => Float32Array.from({ length: count }, () => (random() - 0.5) * scale);
const halves = (values: Float32Array) => Uint16Array.from(values, floatToHalf);
const X = noise(16 * 32, 2);
const feeds: HostTensors = { x: { type: 'float16', dims: [16, 32], data: halves(X) } };
const options = (given: Partial<QuantizeOptions> = {}) => QuantizeOptions.parse({ minProducts: 0, ...given });

const half = (b: GraphBuilder, dims: number[], scale?: number) => {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return b.initializer(makeTensor(b.fresh('w'), DataType.FLOAT16, dims, halves(noise(count, scale))));
};
/** Two layers of float16 and what stands between them. */
function net(between: (b: GraphBuilder, x: string) => string, type = DataType.FLOAT16): ModelProto {
  const b = new GraphBuilder();
  const x = b.input('x', ['n', 32], type);
  const entry = type === DataType.FLOAT16 ? x : b.op('Cast', [x], { to: DataType.FLOAT16 });
  const hidden = b.op('Gemm', [entry, half(b, [64, 32]), half(b, [64])], { transB: 1 });
  const last = b.op('MatMul', [between(b, hidden), half(b, [64, 96])]);
  b.op(type === DataType.FLOAT16 ? 'Identity' : 'Cast', [last], type === DataType.FLOAT16 ? {} : { to: type }, {
    outputs: [b.output('y', ['n', 96], type)],
  });
  return readModel(writeModel(b.build()));
}

async function outputOf(model: ModelProto, given = feeds): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  try {
    const { type, data } = (await session.run(given))['y']!;
    return type === 'float16' ? Float32Array.from(data as Uint16Array, halfToFloat) : (data as Float32Array);
  } finally {
    await session.release();
  }
}

/** What must keep its meaning where float16 becomes float32. */
const BETWEEN: Record<string, (b: GraphBuilder, x: string) => string> = {
  Relu: (b, x) => b.op('Relu', [x]),
  'a table that nothing stores as integers': (b, x) => {
    const product = b.op('Mul', [b.op('Reshape', [x, b.ints([-1, 1, 64])]), half(b, [16, 64], 4)]);
    return b.op('ReduceMean', [product, b.ints([1])], { keepdims: 0 });
  },
  'LayerNormalization in float32 between casts': (b, x) => {
    const wide = b.op('Cast', [x], { to: DataType.FLOAT });
    const normal = b.op('LayerNormalization', [wide, b.float(noise(64)), b.float(noise(64))]);
    return b.op('Cast', [normal], { to: DataType.FLOAT16 });
  },
  'integers that become halves': (b, x) => {
    const place = b.op('ArgMax', [x], { axis: 1, keepdims: 1 });
    const number = b.op('Cast', [b.op('Mod', [place, b.ints([2])])], { to: DataType.FLOAT16 });
    return b.op('Add', [x, number]);
  },
  'a constant, a filled tensor and the type of another value': (b, x) => {
    const value = makeTensor('value', DataType.FLOAT16, [1], halves(Float32Array.of(0.25)));
    const filled = b.op('ConstantOfShape', [b.ints([64])], { value });
    const constant = b.op('Constant', [], { value: makeTensor('c', DataType.FLOAT16, [64], halves(noise(64))) });
    return b.op('Add', [b.op('Mul', [x, constant]), b.op('CastLike', [filled, x])]);
  },
  'a body that reads and gives halves': (b, x) => {
    const branch = (opType: string) => {
      const inner = new GraphBuilder();
      const value = makeTensor('c', DataType.FLOAT16, [], halves(Float32Array.of(0.5)));
      inner.op(
        opType,
        [x, inner.op('Constant', [], { value }, { outputs: [`${opType}_c`] })],
        {},
        {
          outputs: [inner.output(`${opType}_y`, undefined, DataType.FLOAT16)],
        },
      );
      return inner.build().graph!;
    };
    const sum = b.op('ReduceSum', [b.op('Cast', [x], { to: DataType.FLOAT })], { keepdims: 0 });
    return b.op('If', [b.op('Greater', [sum, b.float([0], [])])], {
      then_branch: branch('Add'),
      else_branch: branch('Mul'),
    });
  },
};

describe('a model that computes in float16 is quantized through float32', () => {
  it.each(Object.entries(BETWEEN))('with %s', async (_name, between) => {
    const model = net(between);
    const [exact, before] = [await outputOf(model), writeModel(model).length];
    expect(quantizePass.obstacles!(model, options(), new Map())).toEqual([]);
    const { layers, verdict } = await quantizeModel(model, options(), () => () => [feeds], { threads: 1, seed: 0 });
    expect(layers.map(({ opType }) => opType)).toEqual(['Gemm', 'MatMul']);
    expect(verdict).toContain('inputs and outputs keep their types');
    const { inputs, outputs } = new Graph(model);
    expect([...inputs, ...outputs].map(valueElemType)).toEqual([DataType.FLOAT16, DataType.FLOAT16]);
    expect(writeModel(model).length).toBeLessThan(before);
    expect(snrDb(exact, await outputOf(model))!).toBeGreaterThan(20);
  });

  it.each(['dynamic', 'weightOnly'] as const)('by scheme %s too', async (scheme) => {
    const model = net(BETWEEN['Relu']!);
    const exact = await outputOf(model);
    const { layers, skipped } = await quantizeModel(model, options({ scheme }), () => () => [feeds], {
      threads: 1,
      seed: 0,
    });
    expect({ layers: layers.length, skipped }).toEqual({ layers: 2, skipped: [] });
    expect(snrDb(exact, await outputOf(model))!).toBeGreaterThan(20);
  });

  it('between casts of its own, which go: nothing stands between its layers and their input', () => {
    const { graph, layers } = planQuantization(net(BETWEEN['Relu']!, DataType.FLOAT), options());
    expect(layers.map(({ input }) => graph.isInput(input) || graph.producer(input)?.opType)).toEqual([true, 'Relu']);
    expect(graph.nodes.map(({ opType }) => opType)).not.toContain('CastLike');
    expect(graph.nodes.filter(({ opType }) => opType === 'Cast')).toHaveLength(1);
  });

  it('stores what no integers take in float16 still', async () => {
    const model = net(BETWEEN['a table that nothing stores as integers']!);
    await quantizeModel(model, options(), () => () => [feeds], { threads: 1, seed: 0 });
    const large = model.graph!.initializer.filter(({ dims }) => dims.length === 2);
    expect(large.map(({ dataType }) => dataType).toSorted((a, b) => a - b)).toEqual([
      DataType.INT8,
      DataType.INT8,
      DataType.FLOAT16,
    ]);
  });

  it('takes a range that is given for an input by its name', async () => {
    const model = net(BETWEEN['Relu']!);
    const ranges = [{ value: 'x', min: -3, max: 3, saturation: 0 }];
    const { activations } = await quantizeModel(model, options({ ranges }), () => () => [feeds], {
      threads: 1,
      seed: 0,
    });
    expect(activations).toContainEqual(expect.objectContaining({ min: -3, max: 3 }));
  });

  it('but is left as it is by scheme float16, and refused in bfloat16, which the runtime does not run', () => {
    const before = net(BETWEEN['Relu']!);
    const { graph } = planQuantization(readModel(writeModel(before)), options({ scheme: 'float16' }));
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(new Graph(before).nodes.map(({ opType }) => opType));
    const b = new GraphBuilder();
    const weight = makeTensor('w', DataType.BFLOAT16, [32, 8], Uint16Array.from(noise(256), floatToBfloat));
    b.op(
      'MatMul',
      [b.input('x', ['n', 32], DataType.BFLOAT16), b.initializer(weight)],
      {},
      {
        outputs: [b.output('y', ['n', 8], DataType.BFLOAT16)],
      },
    );
    expect(quantizePass.obstacles!(b.build(), options(), new Map())).toEqual([
      { field: '', message: expect.stringMatching(/bfloat16, .*: export the model in float32/) as unknown },
    ]);
  });
});
