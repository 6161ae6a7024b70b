import { create } from '@bufbuild/protobuf';
import { QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import {
  DataType,
  floatToBfloat,
  floatToHalf,
  GraphBuilder,
  makeTensor,
  readModel,
  StringStringEntryProtoSchema,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers, weightsExpandedAtRunTime } from '#testing';
import { snrDb } from '../../quantization/grid/arithmetic.js';
import { planQuantization } from '../../quantization/schemes/plan-quantization.js';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';

const random = randomNumbers(8);
const noise = (count: number) => Float32Array.from({ length: count }, () => (random() - 0.5) / 2);
const table = (b: GraphBuilder, ...dims: number[]) =>
  b.float(noise(dims.reduce((product, dim) => product * dim, 1)), dims);
const feeds: HostTensors = { x: float32([4, 32], noise(128)) };
const options = (given: Partial<QuantizeOptions> = {}) => QuantizeOptions.parse({ minProducts: 0, ...given });
const quantized = (model: ModelProto, given: Partial<QuantizeOptions> = {}) =>
  quantizeModel(model, options(given), () => () => [feeds], { threads: 1, seed: 0 });

/** A model of one node between a plain layer and the output. */
function around(build: (b: GraphBuilder, x: string) => string): ModelProto {
  const b = new GraphBuilder();
  const x = b.op('MatMul', [b.input('x', ['n', 32]), table(b, 32, 64)]);
  b.op('Identity', [build(b, x)], {}, { outputs: [b.output('y')] });
  return readModel(writeModel(b.build()));
}

async function outputOf(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  try {
    return (await session.run(feeds))['y']!.data as Float32Array;
  } finally {
    await session.release();
  }
}

describe('a layer on which no output depends', () => {
  it.each(['static', 'dynamic', 'weightOnly', 'float16'] as const)('is left out and told of: %s', async (scheme) => {
    const model = around((b, x) => {
      b.op('Gemm', [b.op('Tanh', [x]), table(b, 64, 16)]);
      return b.op('MatMul', [x, table(b, 64, 8)]);
    });
    const exact = await outputOf(model);
    const { skipped } = await quantized(model, { scheme });
    expect(skipped.filter(({ reason }) => reason.startsWith('no output depends on it'))).toEqual([
      expect.objectContaining({ opType: 'Gemm' }),
    ]);
    expect(model.graph!.node.some(({ opType }) => opType === 'Gemm')).toBe(false);
    expect(snrDb(exact, await outputOf(model))!).toBeGreaterThan(30);
  });
});

describe('what an exporter noted at nodes', () => {
  it('is left out and told of, and what others noted stays', async () => {
    const model = around((b, x) => b.op('Gemm', [x, table(b, 64, 16)]));
    const product = model.graph!.node.find(({ opType }) => opType === 'Gemm')!;
    const note = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
    product.metadataProps = [note('pkg.torch.onnx.stack_trace', 'x'.repeat(5000)), note('owner', 'me')];
    const { verdict } = await quantized(model);
    const left = model.graph!.node.flatMap(({ metadataProps }) => metadataProps.map(({ key }) => key));
    expect(left).toEqual(['owner']);
    expect(verdict).toContain('5026 bytes that the exporter noted at nodes (stack traces, scopes) are left out');
    expect(writeModel(model).length).toBeLessThan(9000);
  });

  it('is not spoken of where there is nothing', async () => {
    expect((await quantized(around((b, x) => b.op('Gemm', [x, table(b, 64, 16)])))).verdict).not.toMatch(/noted/);
  });
});

/** Nodes that keep a large float constant, each with what the plan must say of it. */
const HOLDERS: Record<string, [(b: GraphBuilder, x: string) => string, RegExp]> = {
  BatchNormalization: [
    (b, x) =>
      b.op('BatchNormalization', [
        b.op('Concat', Array<string>(32).fill(x), { axis: 1 }),
        ...[0, 1, 2, 3].map(() => b.float(noise(2048).map((v) => v + 1))),
      ]),
    /stays FLOAT: it could not be folded/,
  ],
  'Add of a grid of coordinates': [
    (b, x) => {
      const grid = Float32Array.from({ length: 1024 }, (_, i) => (i % 2 ? Math.floor(i / 64) : (i % 64) / 2) + 0.5);
      return b.op('Add', [b.op('Reshape', [x, b.ints([-1, 1, 64])]), b.float(grid, [16, 64])]);
    },
    /\[16,64\] stays FLOAT: Add/,
  ],
  'Mul of a table': [
    (b, x) => b.op('Mul', [b.op('Reshape', [x, b.ints([-1, 1, 64])]), table(b, 16, 64)]),
    /stays FLOAT: Mul/,
  ],
  'Gather of columns': [
    (b, x) => {
      const columns = b.op(
        'Gather',
        [
          table(b, 64, 40),
          b.op('ArgMax', [b.op('Slice', [x, b.ints([0]), b.ints([40]), b.ints([1])])], { axis: 1, keepdims: 0 }),
        ],
        { axis: 1 },
      );
      return b.op('Add', [b.op('Transpose', [columns], { perm: [1, 0] }), x]);
    },
    /looks up columns/,
  ],
  Einsum: [(b, x) => b.op('Einsum', [x, table(b, 64, 16)], { equation: 'ij,jk->ik' }), /stays FLOAT: Einsum/],
  ConvTranspose: [
    (b, x) => b.op('ConvTranspose', [b.op('Reshape', [x, b.ints([-1, 4, 4, 4])]), table(b, 4, 32, 3, 3)]),
    /^computes in floats, its weights stored as integers: the runtime has no int8 kernel for ConvTranspose/,
  ],
  GRU: [
    (b, x) =>
      b.op('GRU', [b.op('Unsqueeze', [x, b.ints([0])]), table(b, 1, 24, 64), table(b, 1, 24, 8)], { hidden_size: 8 }),
    /^computes in floats, its weights stored as integers: the runtime has no integer kernel for GRU/,
  ],
  'a half-precision table': [
    (b, x) =>
      b.op('Mul', [
        b.op('Reshape', [x, b.ints([-1, 1, 64])]),
        b.op(
          'Cast',
          [b.initializer(makeTensor('half', DataType.FLOAT16, [16, 64], Uint16Array.from(noise(1024), floatToHalf)))],
          { to: DataType.FLOAT },
        ),
      ]),
    /"half" \[16,64\] stays FLOAT16/,
  ],
};

describe('what keeps a large float constant is listed with its reason:', () => {
  it.each(Object.entries(HOLDERS))('%s', (_name, [build, reason]) => {
    const { skipped } = planQuantization(around(build), options());
    expect(skipped).toEqual([
      expect.objectContaining({ node: expect.stringMatching(/./), reason: expect.stringMatching(reason) }),
    ]);
  });

  it('small constants and the biases of layers are not', () => {
    const model = around((b, x) =>
      b.op('Relu', [b.op('Gemm', [b.op('Add', [x, b.float(noise(64))]), table(b, 64, 2048), b.float(noise(2048))])]),
    );
    expect(planQuantization(model, options()).skipped).toEqual([]);
  });

  it('a product of activations behind many branches is looked at once', () => {
    const model = around((b, x) => {
      let value = x;
      for (let i = 0; i < 60; i++) value = b.op('Add', [b.op('Relu', [value]), value]);
      return b.op('MatMul', [value, b.op('Transpose', [value], { perm: [1, 0] })]);
    });
    expect(planQuantization(model, options()).skipped).toEqual([
      expect.objectContaining({ opType: 'MatMul', reason: 'its weight is computed at run time' }),
    ]);
  });
});

describe('a model that is quantized already', () => {
  it.each(['static', 'dynamic', 'weightOnly'] as const)(
    'by scheme %s: its layers are listed, and nothing else is said to be quantized',
    async (scheme) => {
      const model = around((b, x) => b.op('Relu', [x]));
      await quantized(model, { scheme });
      const again = readModel(writeModel(model));
      const { layers, skipped, warnings } = await quantized(again);
      expect(layers).toEqual([]);
      expect(skipped.map(({ reason }) => reason)).toEqual([expect.stringMatching(/^its weight is quantized already/)]);
      expect(warnings).toContainEqual(expect.stringMatching(/^nothing was quantized/));
    },
  );

  it.each(['ConvInteger', 'QLinearConv'])('with %s', (opType) => {
    const b = new GraphBuilder();
    const integers = (dims: number[]) =>
      b.initializer(
        makeTensor(
          b.fresh('w'),
          DataType.INT8,
          dims,
          new Int8Array(dims.reduce((product, dim) => product * dim, 1)).fill(1),
        ),
      );
    const x = b.input('x', ['n', 4, 8, 8], DataType.UINT8);
    const zero = () => b.initializer(makeTensor(b.fresh('z'), DataType.UINT8, [], Uint8Array.of(3)));
    const zeroPoint = b.initializer(makeTensor(b.fresh('z'), DataType.INT8, [], Int8Array.of(0)));
    const inputs =
      opType === 'ConvInteger'
        ? [x, integers([8, 4, 3, 3])]
        : [x, b.float(0.1), zero(), integers([8, 4, 3, 3]), b.float(0.1), zeroPoint, b.float(0.1), zero()];
    b.op(
      opType,
      inputs,
      {},
      { outputs: [b.output('y', undefined, opType === 'ConvInteger' ? DataType.INT32 : DataType.UINT8)] },
    );
    expect(planQuantization(b.build(), options()).skipped).toEqual([
      { node: 'y', opType, reason: expect.stringMatching(/^its weight is quantized already/) },
    ]);
  });
});

describe('weights that the file stores in another float type are weights all the same', () => {
  const stored: Record<string, (b: GraphBuilder, values: Float32Array, dims: number[]) => string> = {
    FLOAT16: (b, values, dims) =>
      b.initializer(makeTensor(b.fresh('w'), DataType.FLOAT16, dims, Uint16Array.from(values, floatToHalf))),
    BFLOAT16: (b, values, dims) =>
      b.initializer(makeTensor(b.fresh('w'), DataType.BFLOAT16, dims, Uint16Array.from(values, floatToBfloat))),
    DOUBLE: (b, values, dims) =>
      b.initializer(makeTensor(b.fresh('w'), DataType.DOUBLE, dims, Float64Array.from(values))),
  };
  const cast = (b: GraphBuilder, name: string) => b.op('Cast', [name], { to: DataType.FLOAT });

  it.each(
    Object.entries(stored).flatMap(([type, store]) =>
      (['static', 'dynamic', 'weightOnly'] as const).map((scheme) => [type, scheme, store] as const),
    ),
  )('%s, scheme %s', async (_type, scheme, store) => {
    const model = around((b, x) => {
      const hidden = b.op('Relu', [
        b.op('Gemm', [x, cast(b, store(b, noise(64 * 96), [96, 64])), cast(b, store(b, noise(96), [96]))], {
          transB: 1,
        }),
      ]);
      return b.op('MatMul', [
        hidden,
        b.op('Transpose', [cast(b, store(b, noise(96 * 48), [48, 96]))], { perm: [1, 0] }),
      ]);
    });
    const exact = await outputOf(model);
    const before = writeModel(model).length;
    const { layers, skipped } = await quantized(model, { scheme });
    expect(skipped).toEqual([]);
    expect(layers).toHaveLength(3);
    const bytes = writeModel(model);
    expect(bytes.length).toBeLessThan(before * 0.7);
    expect(snrDb(exact, await outputOf(model))!).toBeGreaterThan(25);
    expect(await weightsExpandedAtRunTime(bytes)).toEqual([]);
  });

  it('what scheme float16 stored is quantized by a stage behind it', async () => {
    const model = around((b, x) => b.op('MatMul', [b.op('Relu', [x]), table(b, 64, 96)]));
    await quantized(model, { scheme: 'float16' });
    const { layers, skipped } = await quantized(model);
    expect(layers.map(({ opType }) => opType)).toEqual(['MatMul', 'MatMul']);
    expect(skipped).toEqual([]);
  });

  it('what stays float stays as narrow as it was', async () => {
    const model = around((b, x) => b.op('MatMul', [x, cast(b, stored['FLOAT16']!(b, noise(64 * 96), [64, 96]))]));
    const [, last] = model.graph!.node.filter(({ opType }) => opType === 'MatMul');
    last!.name = 'last';
    await quantized(model, { exclude: ['last'] });
    expect(
      model.graph!.initializer.some(({ dataType, dims }) => dataType === DataType.FLOAT16 && dims.length === 2),
    ).toBe(true);
    expect(
      model.graph!.initializer.some(({ dataType, dims }) => dataType === DataType.FLOAT && dims.length === 2),
    ).toBe(false);
  });
});
