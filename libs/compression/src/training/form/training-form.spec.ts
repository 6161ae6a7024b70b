import { buildGradientStep, lossOf, meanSquaredError } from '#autodiff';
import { Session, float32 } from '#inference';
import {
  DataType,
  Graph,
  GraphBuilder,
  cloneModel,
  makeTensor,
  tensorData,
  tensorToFloats,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { observeTrainingShapes } from '../observe.js';
import { trainingForm, type TrainingFormOptions } from './training-form.js';
import { Trainer } from '../trainer.js';
import { adam } from '../update/optimizer.js';

const [ROWS, INNER, COLUMNS] = [16, 8, 4];
const random = randomNumbers(3);
const X = float32([ROWS, INNER], Float32Array.from({ length: ROWS * INNER }, random));
const TARGET = float32(
  [ROWS, COLUMNS],
  Float32Array.from({ length: ROWS * COLUMNS }, () => random() * 2 - 1),
);
const small = (length: number, limit: number) =>
  Int8Array.from({ length }, () => Math.round((random() * 2 - 1) * limit));

/** y = x · DequantizeLinear(…), the weight [INNER, COLUMNS] in the storage that is asked for. */
function net(weight: (b: GraphBuilder) => string): ModelProto {
  const b = new GraphBuilder();
  const x = b.input('x', [ROWS, INNER]);
  b.output(b.op('MatMul', [x, weight(b)], {}, { outputs: ['y'] }), [ROWS, COLUMNS]);
  return b.build();
}

const perChannel = (b: GraphBuilder) =>
  b.op(
    'DequantizeLinear',
    [
      b.initializer(makeTensor('w', DataType.INT8, [INNER, COLUMNS], small(INNER * COLUMNS, 3))),
      b.float([0.1, 0.2, 0.05, 0.3]),
    ],
    { axis: 1 },
    { outputs: ['W'] },
  );
const blocked = (b: GraphBuilder) =>
  b.op(
    'DequantizeLinear',
    [
      b.initializer(makeTensor('w', DataType.INT8, [INNER, COLUMNS], small(INNER * COLUMNS, 100))),
      b.float(
        [1, 2, 3, 4, 5, 6, 7, 8].map((v) => v / 500),
        [2, COLUMNS],
      ),
    ],
    { axis: 0, block_size: 4 },
    { outputs: ['W'] },
  );
const codebook = (b: GraphBuilder) => {
  const indices = b.op(
    'Cast',
    [
      b.initializer(
        makeTensor(
          'indices',
          DataType.UINT4,
          [INNER, COLUMNS],
          Uint8Array.from({ length: INNER * COLUMNS }, (_, i) => i % 4),
        ),
      ),
    ],
    { to: DataType.INT32 },
  );
  const spread = b.op('Gather', [
    b.initializer(makeTensor('w', DataType.INT8, [4], Int8Array.of(-50, 10, 20, 60))),
    indices,
  ]);
  return b.op('DequantizeLinear', [spread, b.float([0.01, 0.02, 0.005, 0.03])], { axis: 1 }, { outputs: ['W'] });
};

const table = (b: GraphBuilder) => {
  const rows = b.op('Gather', [
    b.initializer(makeTensor('w', DataType.INT8, [ROWS, COLUMNS], small(ROWS * COLUMNS, 100))),
    b.op('ArgMax', ['x'], { axis: 0, keepdims: 0 }),
  ]);
  return b.op('DequantizeLinear', [rows, b.float([0.01, 0.02, 0.005, 0.03])], { axis: -1 }, { outputs: ['W'] });
};

const ASYMMETRIC = { INT8: [100, -128, 127, -3], UINT8: [0, 255, 128, 60] } as const;

/** Integers over the whole type, about a zero point of each channel, or of the first one for all. */
const aboutZeros = (type: keyof typeof ASYMMETRIC, channels: number) => (b: GraphBuilder) => {
  const [low, zeros] = [type === 'INT8' ? -128 : 0, ASYMMETRIC[type].slice(0, channels)];
  const integers = Array.from({ length: INNER * COLUMNS }, (_, i) => low + (i * 255) / (INNER * COLUMNS - 1));
  const arrayOf = (values: number[]) => (type === 'INT8' ? Int8Array : Uint8Array).from(values.map(Math.round));
  const scales = [0.004, 0.002, 0.003, 0.001].slice(0, channels);
  const grid = [
    b.initializer(makeTensor('w', DataType[type], [INNER, COLUMNS], arrayOf(integers))),
    channels === 1 ? b.float(scales[0]!) : b.float(scales),
    b.initializer(makeTensor('z', DataType[type], channels === 1 ? [] : [channels], arrayOf(zeros))),
  ];
  return b.op('DequantizeLinear', grid, { axis: 1 }, { outputs: ['W'] });
};
const packedBlocks = (b: GraphBuilder) => {
  const grid = [
    b.initializer(
      makeTensor(
        'w',
        DataType.UINT4,
        [INNER, COLUMNS],
        Uint8Array.from({ length: 32 }, (_, i) => i % 16),
      ),
    ),
    b.float([0.05, 0.02, 0.03, 0.04, 0.01, 0.05, 0.06, 0.02], [2, COLUMNS]),
    b.initializer(makeTensor('z', DataType.UINT4, [2, COLUMNS], Uint8Array.of(0, 15, 8, 3, 12, 1, 7, 9))),
  ];
  return b.op('DequantizeLinear', grid, { axis: 0, block_size: 4 }, { outputs: ['W'] });
};

/** MatMulNBits with zero points from end to end of four bits. */
function nbits(): ModelProto {
  const b = new GraphBuilder();
  const packed = Uint8Array.from({ length: COLUMNS * 16 }, (_, i) => (i * 37) % 256);
  const inputs = [
    b.input('x', [ROWS, INNER]),
    b.initializer(makeTensor('w', DataType.UINT8, [COLUMNS, 1, 8], packed.subarray(0, COLUMNS * 8))),
    b.float([0.05, 0.03, 0.04, 0.02], [COLUMNS]),
    b.initializer(makeTensor('z', DataType.UINT8, [COLUMNS], Uint8Array.of(0x80, 0x8f, 0x88, 0x85))),
  ];
  const attributes = { K: INNER, N: COLUMNS, bits: 4, block_size: 16 };
  b.output(b.op('MatMulNBits', inputs, attributes, { outputs: ['y'], domain: 'com.microsoft' }), [ROWS, COLUMNS]);
  return b.build();
}

/** Trains a model towards the target and gives it back with the loss that the training graph has in the end. */
async function train(
  model: ModelProto,
  steps: number,
  options: TrainingFormOptions = {},
): Promise<{ model: ModelProto; loss: number }> {
  const { graph, trainables } = trainingForm(new Graph(cloneModel(model)), options);
  const shapes = await observeTrainingShapes(graph, { x: X });
  const step = buildGradientStep({
    graph,
    shapes,
    parameters: trainables.map(({ name }) => name),
    extraInputs: [{ name: 'target', dims: TARGET.dims, type: DataType.FLOAT }],
    loss: (l) => lossOf(meanSquaredError(l.value('y'), l.given('target'))),
  });
  const weights = step.layout.pack(new Map(trainables.map(({ name, values }) => [name, values])));
  const trainer = await Trainer.create(step, { weights, optimizer: adam() }, 1);
  for (let i = 0; i < steps; i++) await trainer.run({ x: X, target: TARGET }, 0.02);
  const { loss } = (await trainer.run({ x: X, target: TARGET }, 0)) as { loss: number };
  const values = trainer.layout.unpack(trainer.weights);
  await trainer.release();
  const trained = new Graph(cloneModel(model));
  for (const trainable of trainables)
    for (const tensor of trainable.stored(values.get(trainable.name)!, values)) trained.replaceInitializer(tensor);
  return { model: trained.model, loss };
}

async function error(model: ModelProto): Promise<number> {
  const session = await Session.create(writeModel(model));
  const y = (await session.run({ x: X }))['y']!.data as Float32Array;
  await session.release();
  return y.reduce((sum, value, i) => sum + (value - (TARGET.data as Float32Array)[i]!) ** 2, 0) / y.length;
}

/** Everything that is stored in floats: the scales. */
const floatsOf = (model: ModelProto) =>
  model
    .graph!.initializer.filter(({ dataType }) => dataType === DataType.FLOAT)
    .map((tensor) => [...tensorToFloats(tensor)]);

const stored = (model: ModelProto, name: string) => new Graph(model).initializer(name)!;

describe.each([
  ['per channel', () => net(perChannel)],
  ['in blocks', () => net(blocked)],
  ['in a codebook', () => net(codebook)],
  ['in a table whose rows are looked up', () => net(table)],
  ['about a zero point of each channel', () => net(aboutZeros('UINT8', COLUMNS))],
  ['about a signed one of each channel', () => net(aboutZeros('INT8', COLUMNS))],
  ['about one zero point', () => net(aboutZeros('UINT8', 1))],
  ['about a signed one', () => net(aboutZeros('INT8', 1))],
  ['in packed blocks about zero points', () => net(packedBlocks)],
  ['as MatMulNBits about zero points', nbits],
] as const)('a weight stored %s', (_, modelOf) => {
  it('comes back to the bit when nothing was trained', async () => {
    const model = modelOf();
    const { model: same, loss } = await train(model, 0);
    expect(writeModel(same)).toEqual(writeModel(model));
    expect(Math.abs((await error(model)) / loss - 1)).toBeLessThan(0.01);
  });

  it('is trained in its storage: the model as stored has the loss of the training graph', async () => {
    const model = modelOf();
    const trained = await train(model, 60);
    expect(await error(trained.model)).toBeLessThan(0.8 * (await error(model)));
    expect(Math.abs((await error(trained.model)) / trained.loss - 1)).toBeLessThan(0.01);
    expect(new Graph(trained.model).nodes.map(({ opType }) => opType)).toEqual(
      new Graph(model).nodes.map(({ opType }) => opType),
    );
  });

  it('learns its scales with the weights where asked, and they are stored', async () => {
    const model = modelOf();
    const [trained, fixed] = [await train(model, 200, { learnScales: true }), await train(model, 200)];
    expect(floatsOf(fixed.model)).toEqual(floatsOf(model));
    expect(floatsOf(trained.model)).not.toEqual(floatsOf(model));
    // 5 % less of the error per channel and in blocks; a codebook has little to gain.
    expect(await error(trained.model)).toBeLessThan(1.05 * (await error(fixed.model)));
    expect(Math.abs((await error(trained.model)) / trained.loss - 1)).toBeLessThan(0.01);
  });
});

it('keeps the elements of one index equal', async () => {
  const model = (await train(net(codebook), 30)).model;
  const entries = tensorData(stored(model, 'w')) as Int8Array;
  expect(entries.length).toBe(4);
  expect([...entries]).not.toEqual([-50, 10, 20, 60]);
});

it('keeps the scale of a bias the product of those of input and weight, as integer kernels read it', async () => {
  const b = new GraphBuilder();
  const zero = b.initializer(makeTensor('zero', DataType.UINT8, [], Uint8Array.of(0)));
  const inputScale = b.initializer(makeTensor('sx', DataType.FLOAT, [], Float32Array.of(1 / 128)));
  const x = b.op('DequantizeLinear', [
    b.op('QuantizeLinear', [b.input('x', [ROWS, INNER]), inputScale, zero]),
    inputScale,
    zero,
  ]);
  const weight = b.op('DequantizeLinear', [
    b.initializer(makeTensor('w', DataType.INT8, [INNER, COLUMNS], small(INNER * COLUMNS, 3))),
    b.initializer(makeTensor('sw', DataType.FLOAT, [], Float32Array.of(0.1))),
  ]);
  const bias = b.op('DequantizeLinear', [
    b.initializer(makeTensor('b', DataType.INT32, [COLUMNS], Int32Array.of(10, -20, 300, 4))),
    b.initializer(makeTensor('sb', DataType.FLOAT, [], Float32Array.of(0.1 / 128))),
  ]);
  b.output(b.op('Gemm', [x, weight, bias], {}, { outputs: ['y'] }), [ROWS, COLUMNS]);
  const { model } = await train(b.build(), 40, { learnScales: true });
  const [sx, sw, sb] = ['sx', 'sw', 'sb'].map((name) => tensorToFloats(stored(model, name))[0]!) as [
    number,
    number,
    number,
  ];
  expect(sw).not.toBeCloseTo(0.1, 3);
  expect(Math.abs(sb / (sx * sw) - 1)).toBeLessThan(1e-6);
});

it('lists tables whose scales it cannot tell the axis of', () => {
  const unclear = (b: GraphBuilder) => {
    const rows = b.op('Gather', [
      b.initializer(makeTensor('w', DataType.INT8, [ROWS, COLUMNS], small(ROWS * COLUMNS, 100))),
      b.op('ArgMax', ['x'], { axis: 0, keepdims: 0 }),
    ]);
    return b.op('DequantizeLinear', [rows, b.float([0.01, 0.02, 0.005, 0.03])], { axis: 1 }, { outputs: ['W'] });
  };
  const { skipped, trainables } = trainingForm(new Graph(net(unclear)));
  expect(trainables).toEqual([]);
  expect(skipped).toEqual([
    expect.objectContaining({
      node: 'W',
      opType: 'DequantizeLinear',
      reason: expect.stringMatching(/cannot be trained/),
    }),
  ]);
});
