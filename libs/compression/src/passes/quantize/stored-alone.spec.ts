import { QuantizeOptions, TrainOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import { DataType, Graph, GraphBuilder, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers, weightsExpandedAtRunTime } from '#testing';
import { snrDb } from '../../quantization/grid/arithmetic.js';
import { planQuantization } from '../../quantization/schemes/plan-quantization.js';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';
import { copiedForm } from '../../training/form/copied-form.js';
import { storedName } from '../../training/form/shadow-name.js';

const [ROWS, WIDTH, HIDDEN] = [20, 32, 24];
const random = randomNumbers(17);
const noise = (count: number) => Float32Array.from({ length: count }, () => (random() - 0.5) / 2);
const table = (b: GraphBuilder, ...dims: number[]) =>
  b.float(noise(dims.reduce((product, dim) => product * dim, 1)), dims);
const feeds: HostTensors = { x: float32([4, ROWS, WIDTH], noise(4 * ROWS * WIDTH)) };
const options = (given: Partial<QuantizeOptions> = {}) => QuantizeOptions.parse(given);
const quantized = (model: ModelProto, given: Partial<QuantizeOptions> = {}) =>
  quantizeModel(model, options(given), () => () => [feeds], { threads: 1, seed: 0 });

/** x -> MatMul -> the node in question, called `held` -> y */
function around(build: (b: GraphBuilder, x: string) => string): ModelProto {
  const b = new GraphBuilder();
  const x = b.op('MatMul', [b.input('x', ['n', ROWS, WIDTH]), table(b, WIDTH, WIDTH)]);
  b.op('Identity', [build(b, x)], {}, { outputs: [b.output('y')] });
  const model = b.build();
  const { node: nodes } = model.graph!;
  nodes.find(({ opType }) => Object.hasOwn(HELD, opType))!.name = 'held';
  return readModel(writeModel(model));
}

const recurrent = (opType: string, gates: number, directions: number) => (b: GraphBuilder, x: string) =>
  b.op(
    opType,
    [
      b.op('Transpose', [x], { perm: [1, 0, 2] }),
      table(b, directions, gates * HIDDEN, WIDTH),
      table(b, directions, gates * HIDDEN, HIDDEN),
    ],
    { hidden_size: HIDDEN, direction: directions === 2 ? 'bidirectional' : 'forward' },
  );

const HELD = { ConvTranspose: true, GRU: true, RNN: true, LSTM: true, Add: true };

const NETS: Record<string, [opType: keyof typeof HELD, build: (b: GraphBuilder, x: string) => string]> = {
  'a transposed convolution': [
    'ConvTranspose',
    (b, x) => b.op('ConvTranspose', [b.op('Reshape', [x, b.ints([0, ROWS, 8, 4])]), table(b, ROWS, 12, 3, 3)]),
  ],
  'a GRU': ['GRU', recurrent('GRU', 3, 1)],
  'a GRU of both directions': ['GRU', recurrent('GRU', 3, 2)],
  'an RNN': ['RNN', recurrent('RNN', 1, 2)],
  'an LSTM for a target without its kernel': ['LSTM', recurrent('LSTM', 4, 2)],
  'a table of positions': ['Add', (b, x) => b.op('Add', [x, table(b, 1, ROWS, 2 * WIDTH)])],
  'a table of relative positions': [
    'Add',
    (b, x) => {
      const turned = b.op('Transpose', [x], { perm: [0, 2, 1] });
      const scores = b.op('Unsqueeze', [b.op('MatMul', [x, turned]), b.ints([1])]);
      const distances = noise(2 * ROWS);
      const spread = Float32Array.from(
        { length: 4 * ROWS * ROWS },
        (_, i) => distances[ROWS + (i % ROWS) - (Math.floor(i / ROWS) % ROWS)]!,
      );
      return b.op('Softmax', [b.op('Add', [scores, b.float(spread, [1, 4, ROWS, ROWS])])], { axis: -1 });
    },
  ],
};
// Two products of the width that a table of positions has.
const widened = (build: (b: GraphBuilder, x: string) => string) => (b: GraphBuilder, x: string) =>
  build(b, b.op('MatMul', [x, table(b, WIDTH, 2 * WIDTH)]));
NETS['a table of positions']![1] = widened(NETS['a table of positions']![1]);

async function outputOf(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  try {
    return Float32Array.from((await session.run(feeds))['y']!.data as Float32Array);
  } finally {
    await session.release();
  }
}

/** Floats of a thousand elements and more that the file holds. */
const largeFloats = (model: ModelProto) =>
  model.graph!.initializer.filter(({ dataType, rawData }) => dataType === DataType.FLOAT && rawData.length >= 4096);

describe.each(Object.entries(NETS))('%s', (_name, [opType, build]) => {
  it.each([{}, { scheme: 'dynamic' }, { scheme: 'weightOnly' }] as const)(
    'stores its weights as integers, which become floats when the file is loaded: %j',
    async (given) => {
      const model = around(build);
      const exact = await outputOf(model);
      const { layers, skipped, expanded } = await quantized(model, given);
      const row = layers.find(({ node }) => node === 'held');
      expect(row).toMatchObject({ opType, bits: 8, computesIn: 'float' });
      expect(row!.weightSnrDb!).toBeGreaterThan(35);
      expect(row!.aloneSnrDb ?? 99).toBeGreaterThan(30);
      expect(largeFloats(model)).toEqual([]);
      expect(expanded).toEqual([]);
      expect(await weightsExpandedAtRunTime(writeModel(model))).toEqual([]);
      expect(snrDb(exact, await outputOf(model))!).toBeGreaterThan(25);
      const said = skipped.filter(({ node }) => node === 'held').map(({ reason }) => reason);
      const isSaid = opType !== 'Add' && !('scheme' in given && given.scheme === 'weightOnly');
      expect(said).toEqual(
        isSaid ? [expect.stringMatching(/^computes in floats, its weights stored as integers: /)] : [],
      );
    },
  );

  it('keeps its floats where opTypes or exclude say so', () => {
    const without = options().opTypes.filter((name) => name !== opType);
    for (const given of [{ opTypes: without }, { exclude: ['held'] }]) {
      const { alone } = planQuantization(around(build), options(given));
      expect(alone).toEqual([]);
    }
  });

  it('is trained in its storage by a stage behind, and quantized no second time', async () => {
    const model = around(build);
    await quantized(model);
    const again = planQuantization(readModel(writeModel(model)), options());
    expect(again.alone).toEqual([]);
    const { trainables } = copiedForm(model, TrainOptions.parse({}));
    const trained = trainables.filter(({ readings }) => readings.some(({ node }) => node.name === 'held'));
    const stored = new Graph(model);
    const types = trained.map(({ name }) => stored.initializer(storedName(name))?.dataType);
    expect(new Set(types)).toEqual(new Set([DataType.INT8]));
  });
});

describe('constants that are added and that nobody trained', () => {
  const kept: Record<string, Float32Array> = {
    'a mask': Float32Array.from({ length: ROWS * 64 }, (_, i) => (i % 3 ? 0 : -1e9)),
    waves: Float32Array.from({ length: ROWS * 64 }, (_, i) => Math.sin(Math.floor(i / 64) * (1 + (i % 64) / 64))),
    coordinates: Float32Array.from({ length: ROWS * 64 }, (_, i) => (i % 2 ? Math.floor(i / 128) : i % 64) + 0.5),
    infinities: Float32Array.from({ length: ROWS * 64 }, (_, i) => (i % 64 > i / 64 ? -Infinity : random())),
  };
  it.each(Object.entries(kept))('stay floats: %s', (_name, values) => {
    const model = around(widened((b, x) => b.op('Add', [x, b.float(values, [ROWS, 64])])));
    expect(planQuantization(model, options()).alone).toEqual([]);
  });

  it('are none of those that something else reads too', () => {
    const model = around((b, x) => {
      const positions = table(b, ROWS, 64);
      const added = widened((inner, value) => inner.op('Add', [value, positions]))(b, x);
      return b.op('Mul', [added, positions]);
    });
    expect(planQuantization(model, options()).alone).toEqual([]);
  });
});

it('takes the width of weightBits and layerBits', async () => {
  const build = NETS['a GRU']![1];
  const bitsOf = async (given: Partial<QuantizeOptions>) =>
    (await quantized(around(build), given)).layers.find(({ node }) => node === 'held')!.bits;
  expect([await bitsOf({ weightBits: 4 }), await bitsOf({ layerBits: { held: 2 } })]).toEqual([4, 2]);
});

it('stores a weight of several readers once', async () => {
  const model = around((b, x) => {
    const weights = [table(b, 1, 3 * HIDDEN, WIDTH), table(b, 1, 3 * HIDDEN, HIDDEN)];
    const [first, second] = [x, b.op('Neg', [x])].map((value) =>
      b.op('GRU', [b.op('Transpose', [value], { perm: [1, 0, 2] }), ...weights], { hidden_size: HIDDEN }),
    );
    return b.op('Concat', [first!, second!], { axis: 0 });
  });
  const before = writeModel(model).length;
  const { layers } = await quantized(model);
  expect(layers.filter(({ opType }) => opType === 'GRU')).toHaveLength(2);
  expect(writeModel(model).length).toBeLessThan(0.4 * before);
});
