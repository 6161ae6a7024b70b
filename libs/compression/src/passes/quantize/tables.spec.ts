import { QuantizeOptions } from '#contracts';
import { Session, type HostTensor, type HostTensors } from '#inference';
import {
  countParameters,
  DataType,
  floatToBfloat,
  floatToHalf,
  GraphBuilder,
  makeTensor,
  readModel,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers, weightsExpandedAtRunTime } from '#testing';
import { snrDb } from '../../quantization/grid/arithmetic.js';
import { planQuantization } from '../../quantization/schemes/plan-quantization.js';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';

const ROWS = 300;
const WIDTH = 64;
const TOKENS = 6;
const random = randomNumbers(21);
const noise = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);

/** Values of an embedding whose first row, of padding, is zero. */
const embedding = noise(ROWS * WIDTH).fill(0, 0, WIDTH);

const int64 = (dims: number[], ids: number[]): HostTensor => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(ids, BigInt),
});
const feeds: HostTensors = {
  ids: int64(
    [3, TOKENS],
    Array.from({ length: 3 * TOKENS }, (_, i) => (i * 41) % ROWS),
  ),
};
const options = (given: Partial<QuantizeOptions> = {}) => QuantizeOptions.parse(given);

type Build = (b: GraphBuilder, ids: string) => string;

const stored = (b: GraphBuilder) => b.float(embedding, [ROWS, WIDTH]);

/** ids [n, tokens] -> what is built -> y */
function model(build: Build, type = DataType.INT64, dims: (string | number)[] = ['n', TOKENS]): ModelProto {
  const b = new GraphBuilder();
  b.op('Identity', [build(b, b.input('ids', dims, type))], {}, { outputs: [b.output('y')] });
  return readModel(writeModel(b.build()));
}

const lookUp: Build = (b, ids) => b.op('Gather', [stored(b), ids]);
const withProduct: Build = (b, ids) =>
  b.op('MatMul', [b.op('Tanh', [lookUp(b, ids)]), b.float(noise(WIDTH * 8), [WIDTH, 8])]);

async function outputOf(subject: ModelProto, given = feeds): Promise<Float32Array> {
  const session = await Session.create(writeModel(subject));
  try {
    return Float32Array.from((await session.run(given))['y']!.data as Float32Array);
  } finally {
    await session.release();
  }
}

const quantized = (subject: ModelProto, given: Partial<QuantizeOptions> = {}, batch = feeds) =>
  quantizeModel(subject, options(given), () => () => [batch], { threads: 1, seed: 0 });

const nodesOf = (subject: ModelProto) => subject.graph!.node.map(({ opType }) => opType);

describe('a table whose rows are looked up', () => {
  it.each(['static', 'dynamic', 'weightOnly'] as const)(
    'takes 8 bits behind the look-up in scheme %s',
    async (scheme) => {
      const subject = model(withProduct);
      const [exact, before] = [await outputOf(subject), writeModel(subject).length];
      const { layers, skipped } = await quantized(subject, { scheme });
      expect(skipped).toEqual([]);
      expect(layers.map(({ opType, bits }) => [opType, bits])).toEqual([
        ['Gather', 8],
        ['MatMul', 8],
      ]);
      expect(layers[0]!.weightSnrDb!).toBeGreaterThan(40);
      expect(writeModel(subject).length / before).toBeLessThan(0.29);
      expect(snrDb(exact, await outputOf(subject))!).toBeGreaterThan(30);
      expect(nodesOf(subject).indexOf('Gather')).toBeLessThan(nodesOf(subject).lastIndexOf('DequantizeLinear'));
      const [integers] = subject.graph!.node.find(({ opType }) => opType === 'Gather')!.input;
      expect(subject.graph!.initializer.find(({ name }) => name === integers)!.dataType).toBe(DataType.INT8);
    },
  );

  it('says what it costs: rows are exact but for their own rounding', async () => {
    const { layers, outputSnrDb } = await quantized(model(lookUp));
    expect(layers).toEqual([expect.objectContaining({ opType: 'Gather', input: 'ids', bits: 8 })]);
    expect(layers[0]!.aloneSnrDb!).toBeGreaterThan(40);
    expect(layers[0]!.outputSnrDb).toBeCloseTo(layers[0]!.aloneSnrDb!, 3);
    expect(outputSnrDb).toBeCloseTo(layers[0]!.aloneSnrDb!, 1);
  });

  it('keeps a row of zeros exactly zero, and reads rows from the end', async () => {
    for (const given of [{}, { weightBits: 4, target: 'onnxruntime' }] as const) {
      const subject = model(lookUp);
      const exact = await outputOf(subject, { ids: int64([1, TOKENS], [0, -1, 5, -ROWS, 7, 8]) });
      await quantized(subject, given);
      const rows = await outputOf(subject, { ids: int64([1, TOKENS], [0, -1, 5, -ROWS, 7, 8]) });
      expect(rows.subarray(0, WIDTH).every((value) => value === 0)).toBe(true);
      expect(rows.subarray(3 * WIDTH, 4 * WIDTH).every((value) => value === 0)).toBe(true);
      expect(snrDb(exact.subarray(WIDTH, 2 * WIDTH), rows.subarray(WIDTH, 2 * WIDTH))!).toBeGreaterThan(15);
    }
  });

  it.each([
    [DataType.INT32, 0],
    [DataType.INT32, 1],
    [DataType.INT64, 0],
    [DataType.INT64, 1],
    [DataType.INT64, 3],
  ])('with row numbers of type %i and rank %i', async (type, rank) => {
    for (const given of [{}, { perChannel: false }, { weightBits: 4, target: 'onnxruntime' }] as const) {
      const dims = Array<number>(rank).fill(2);
      const data =
        type === DataType.INT32
          ? Int32Array.from({ length: 2 ** rank }, (_, i) => 3 + i)
          : BigInt64Array.from({ length: 2 ** rank }, (_, i) => BigInt(3 + i));
      const batch: HostTensors = {
        ids: { type: type === DataType.INT32 ? 'int32' : 'int64', dims, data } as HostTensor,
      };
      const subject = model(lookUp, type, dims);
      const exact = await outputOf(subject, batch);
      const { layers } = await quantized(subject, given, batch);
      expect(layers).toHaveLength(1);
      expect(snrDb(exact, await outputOf(subject, batch))!).toBeGreaterThan('weightBits' in given ? 15 : 35);
    }
  });

  it('is stored once for all that look it up', async () => {
    const subject = model((b, ids) => {
      const table = stored(b);
      return b.op('Add', [b.op('Gather', [table, ids]), b.op('Gather', [table, b.op('Neg', [ids])])]);
    });
    const [exact, before] = [await outputOf(subject), writeModel(subject).length];
    const { layers, skipped } = await quantized(subject);
    expect([layers.length, skipped]).toEqual([2, []]);
    expect(writeModel(subject).length / before).toBeLessThan(0.28);
    expect(snrDb(exact, await outputOf(subject))!).toBeGreaterThan(35);
  });

  const halves: Record<string, [DataType, Uint16Array]> = {
    float16: [DataType.FLOAT16, Uint16Array.from(embedding, floatToHalf)],
    bfloat16: [DataType.BFLOAT16, Uint16Array.from(embedding, floatToBfloat)],
  };
  it.each(Object.entries(halves))('may be stored as %s', async (_name, [type, values]) => {
    const subject = model((b, ids) =>
      b.op('Gather', [
        b.op('Cast', [b.initializer(makeTensor('table', type, [ROWS, WIDTH], values))], { to: DataType.FLOAT }),
        ids,
      ]),
    );
    const [exact, before] = [await outputOf(subject), writeModel(subject).length];
    expect((await quantized(subject)).layers).toHaveLength(1);
    expect(writeModel(subject).length / before).toBeLessThan(0.56);
    expect(snrDb(exact, await outputOf(subject))!).toBeGreaterThan(35);
  });

  it('gives the type that it gave', async () => {
    const half = makeTensor('table', DataType.FLOAT16, [ROWS, WIDTH], halves['float16']![1]);
    const subject = model((b, ids) =>
      b.op('Cast', [b.op('Gather', [b.initializer(half), ids])], { to: DataType.FLOAT }),
    );
    const exact = await outputOf(subject);
    const { layers } = await quantized(subject);
    expect(layers[0]!.aloneSnrDb!).toBeGreaterThan(35);
    expect(snrDb(exact, await outputOf(subject))!).toBeGreaterThan(35);
  });

  it('takes 4 bits in blocks of columns for the runtime that has the kernel', async () => {
    for (const scheme of ['static', 'weightOnly'] as const) {
      const subject = model(lookUp);
      const [exact, before] = [await outputOf(subject), writeModel(subject).length];
      const { layers, warnings } = await quantized(subject, { scheme, weightBits: 4, target: 'onnxruntime' });
      expect(layers).toEqual([expect.objectContaining({ opType: 'Gather', bits: 4 })]);
      expect(warnings).toContainEqual(expect.stringMatching(/^GatherBlockQuantized runs in ONNX Runtime only/));
      expect(writeModel(subject).length / before).toBeLessThan(0.19);
      expect(snrDb(exact, await outputOf(subject))!).toBeGreaterThan(18);
    }
  });

  it('may have a width that is no multiple of a block', async () => {
    const values = noise(90 * 41);
    const subject = model((b, ids) => b.op('Gather', [b.float(values, [90, 41]), b.op('Mod', [ids, b.ints(90)])]));
    const exact = await outputOf(subject);
    expect((await quantized(subject, { weightBits: 4, target: 'onnxruntime' })).layers[0]!.bits).toBe(4);
    expect(snrDb(exact, await outputOf(subject))!).toBeGreaterThan(18);
  });
});

describe('a table that multiplies too', () => {
  const tied: Build = (b, ids) => {
    const table = stored(b);
    return b.op('MatMul', [b.op('Tanh', [b.op('Gather', [table, ids])]), b.op('Transpose', [table], { perm: [1, 0] })]);
  };
  const tiedGemm: Build = (b, ids) => {
    const table = stored(b);
    return b.op('Gemm', [b.op('Reshape', [b.op('Gather', [table, ids]), b.ints([-1, WIDTH])]), table], { transB: 1 });
  };

  /** As exporters write it that exchange the axes of constants themselves. */
  const copied: Build = (b, ids) => {
    const turned = Float32Array.from(embedding, (_, i) => embedding[(i % ROWS) * WIDTH + Math.floor(i / ROWS)]!);
    return b.op('MatMul', [b.op('Tanh', [lookUp(b, ids)]), b.float(turned, [WIDTH, ROWS])]);
  };
  const forms: [string, Build, Partial<QuantizeOptions>, number][] = [
    ['MatMul', tied, {}, 1],
    ['Gemm', tiedGemm, {}, 1],
    ['MatMul of a copy', copied, {}, 2],
    ['MatMul without scales of channels', tied, { perChannel: false }, 1],
    ['MatMul of scheme weightOnly', tied, { scheme: 'weightOnly' }, 1],
    ['MatMul of a copy, of scheme weightOnly', copied, { scheme: 'weightOnly' }, 2],
    ['MatMul that computes in floats', tied, { weightsOnly: ['*'] }, 1],
  ];

  it.each(forms)('by a %s is stored once for both', async (_name, build, given, copies) => {
    const subject = model(build);
    const [exact, before] = [await outputOf(subject), writeModel(subject).length];
    const parameters = ROWS * WIDTH;
    expect(countParameters(subject).parameters).toBe(copies * parameters);
    const { layers, skipped } = await quantized(subject, given);
    expect(layers.map(({ opType, bits }) => [opType, bits])).toEqual([
      ['Gather', 8],
      [expect.any(String), 8],
    ]);
    expect(skipped.filter(({ opType }) => opType === 'Gather')).toEqual([]);
    expect(writeModel(subject).length / before).toBeLessThan(0.32 / copies);
    expect(countParameters(subject).parameters).toBe(parameters);
    expect(snrDb(exact, await outputOf(subject))!).toBeGreaterThan(25);
    expect(await weightsExpandedAtRunTime(writeModel(subject))).toEqual([]);
    const again = await quantized(readModel(writeModel(subject)));
    expect(again.layers).toEqual([]);
    expect(again.skipped.every(({ reason }) => reason.startsWith('its weight is quantized already'))).toBe(true);
  });

  it('takes 8 bits where fewer are asked for, since two of them would take more', async () => {
    const subject = model(tied);
    const before = writeModel(subject).length;
    const { layers, skipped } = await quantized(subject, { weightBits: 4 });
    expect(layers.map(({ bits }) => bits)).toEqual([8, 8]);
    expect(skipped).toContainEqual(
      expect.objectContaining({
        opType: 'Gather',
        reason: expect.stringMatching(/^its table is stored once, at 8 bits/),
      }),
    );
    expect(writeModel(subject).length / before).toBeLessThan(0.32);
  });

  it.each([
    [{ scheme: 'dynamic' }, /scheme dynamic/],
    [{ rounding: 'gptq' }, /gptq rounds/],
    [{ equalize: true }, /rescaled/],
    [{ weightFormat: 'ternary' }, /ternary/],
    [{ layerBits: { '*': 4 } }, /width is chosen apart/],
    [{ weightBits: 4, target: 'onnxruntime' }, /blocks/],
  ] as [Partial<QuantizeOptions>, RegExp][])('is stored twice with %j, which is said', async (given, reason) => {
    const subject = model(tied);
    const { layers, skipped } = await quantized(subject, given);
    expect(layers).toHaveLength(2);
    const said = skipped.filter(({ opType }) => opType === 'Gather').map((left) => left.reason);
    expect(said[0]).toMatch(/stored apart from the weight of ".+", which reads the same: /);
    expect(said[0]).toMatch(reason);
  });

  it('in a layer that stays float stays float itself, for a copy would make the file larger', async () => {
    const subject = model(tied);
    const product = subject.graph!.node.find(({ opType }) => opType === 'MatMul')!;
    product.name = 'logits';
    const before = writeModel(subject).length;
    const { layers, skipped } = await quantized(subject, { exclude: ['logits'] });
    expect(layers).toEqual([]);
    expect(skipped).toContainEqual(
      expect.objectContaining({
        opType: 'Gather',
        reason: 'its table stays in floats for MatMul "logits": integers beside it would make the file larger',
      }),
    );
    expect(writeModel(subject).length).toBeLessThan(before * 1.02);
  });
});

describe('tables that stay float are listed with the reason:', () => {
  const named: Build = (b, ids) => {
    const output = lookUp(b, ids);
    b.op('Identity', [output], {}, { outputs: [b.output('z')] });
    return output;
  };
  const cases: [string, Build, Partial<QuantizeOptions>, RegExp][] = [
    ['opTypes leaves them out', lookUp, { opTypes: ['MatMul'] }, /^opTypes does not list Gather$/],
    ['exclude names them', named, { exclude: ['*'] }, /^excluded by the options$/],
    ['few rows', (b, ids) => b.op('Gather', [b.float(noise(8 * 256), [8, 256]), ids]), {}, /has 8 rows/],
    ['columns are looked up', (b, ids) => b.op('Gather', [stored(b), ids], { axis: 1 }), {}, /looks up columns/],
    ['no matrix', (b, ids) => b.op('Gather', [b.float(noise(20 * 8 * 8), [20, 8, 8]), ids]), {}, /no matrix/],
    [
      'an output',
      (b, ids) => {
        const table = stored(b);
        b.op('Identity', [table], {}, { outputs: [b.output('z')] });
        return b.op('Gather', [table, ids]);
      },
      {},
      /stays in floats for output "z"/,
    ],
    [
      'another reader',
      (b, ids) => {
        const table = stored(b);
        return b.op('Add', [b.op('Gather', [table, ids]), b.op('ReduceMean', [table, b.ints([0])], { keepdims: 0 })]);
      },
      {},
      /stays in floats for ReduceMean/,
    ],
    [
      'the same rows always',
      (b, ids) =>
        b.op('Add', [
          b.op('Gather', [stored(b), b.op('Range', [b.ints(2), b.ints(2 + TOKENS), b.ints(1)])]),
          b.op('Unsqueeze', [b.op('Cast', [ids], { to: DataType.FLOAT }), b.ints([-1])]),
        ]),
      {},
      /always the same/,
    ],
  ];
  it.each(cases)('%s', (_name, build, given, reason) => {
    const { tables, skipped } = planQuantization(model(build), options(given));
    expect(tables).toEqual([]);
    expect(skipped).toContainEqual({
      node: expect.any(String),
      opType: 'Gather',
      reason: expect.stringMatching(reason),
    });
  });

  it('a width that only another target has', () => {
    const { tables, skipped } = planQuantization(model(lookUp), options({ weightBits: 2 }));
    expect(tables!.map(({ bits }) => bits)).toEqual([8]);
    expect(skipped).toEqual([
      expect.objectContaining({
        reason: expect.stringMatching(/^its table is stored at 8 bits: .* target onnxruntime$/),
      }),
    ]);
  });

  it('a name that a table has is known, and its width is its own', () => {
    const subject = model(lookUp);
    subject.graph!.node.find(({ opType }) => opType === 'Gather')!.name = 'words';
    const { tables } = planQuantization(subject, options({ layerBits: { words: 4 }, target: 'onnxruntime' }));
    expect(tables!.map(({ bits }) => bits)).toEqual([4]);
  });

  it('integers of an earlier stage', async () => {
    const subject = model(lookUp);
    await quantized(subject);
    const { layers, skipped } = await quantized(readModel(writeModel(subject)));
    expect(layers).toEqual([]);
    expect(skipped).toEqual([
      expect.objectContaining({ opType: 'Gather', reason: expect.stringMatching(/^its weight is quantized already/) }),
    ]);
  });
});
