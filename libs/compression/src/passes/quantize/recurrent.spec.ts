import { PruneOptions, QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import {
  cloneModel,
  countParameters,
  DataType,
  floatToHalf,
  GraphBuilder,
  makeTensor,
  readModel,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { snrDb } from '../../quantization/grid/arithmetic.js';
import { prunePass } from '../prune/prune.js';
import { planQuantization } from '../../quantization/schemes/plan-quantization.js';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';

const [STEPS, BATCH, SIZE, HIDDEN] = [7, 3, 24, 32];
const random = randomNumbers(41);
const noise = (...dims: number[]) =>
  Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => (random() - 0.5) / 2);
const stored = (b: GraphBuilder, ...dims: number[]) => b.float(noise(...dims), dims);
const FEEDS: HostTensors = {
  x: float32(
    [STEPS, BATCH, SIZE],
    noise(STEPS, BATCH, SIZE).map((value) => 4 * value),
  ),
};

interface Form {
  directions?: 1 | 2;
  /** What follows W and R. */
  rest?: (b: GraphBuilder, directions: number) => string[];
  attributes?: Record<string, string | number>;
  weight?: (b: GraphBuilder, ...dims: number[]) => string;
  /** Which of Y, Y_h and Y_c is read. */
  read?: 0 | 1 | 2;
}

/** x -> LSTM -> MatMul -> y */
function model({ directions = 1, rest = () => [], attributes = {}, weight = stored, read = 0 }: Form = {}): ModelProto {
  const b = new GraphBuilder();
  const x = b.input('x', [STEPS, BATCH, SIZE]);
  const inputs = [x, weight(b, directions, 4 * HIDDEN, SIZE), weight(b, directions, 4 * HIDDEN, HIDDEN)];
  const outputs = ['', '', ''].map((_, i) => (i === read ? 'state' : '')).slice(0, read + 1);
  const direction = directions === 2 ? 'bidirectional' : 'forward';
  b.op('LSTM', [...inputs, ...rest(b, directions)], { hidden_size: HIDDEN, direction, ...attributes }, { outputs });
  b.op('MatMul', [b.op('Relu', ['state']), stored(b, HIDDEN, 4)], {}, { outputs: [b.output('y')] });
  const built = b.build();
  built.graph!.node.find(({ opType }) => opType === 'LSTM')!.name = 'memory';
  return readModel(writeModel(built));
}

async function outputOf(subject: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(subject));
  try {
    return Float32Array.from((await session.run(FEEDS))['y']!.data as Float32Array);
  } finally {
    await session.release();
  }
}

const options = (given: Partial<QuantizeOptions> = {}) => QuantizeOptions.parse({ target: 'onnxruntime', ...given });
const quantized = (subject: ModelProto, given: Partial<QuantizeOptions> = {}) =>
  quantizeModel(subject, options(given), () => () => [FEEDS], { threads: 1, seed: 0 });

const bias = (b: GraphBuilder, directions: number) => stored(b, directions, 8 * HIDDEN);
const state = (b: GraphBuilder, directions: number) => stored(b, directions, BATCH, HIDDEN);
const lengths = (b: GraphBuilder) =>
  b.initializer(makeTensor('lengths', DataType.INT32, [BATCH], Int32Array.of(STEPS, 3, 5)));
const half = (b: GraphBuilder, ...dims: number[]) => {
  const values = Uint16Array.from(noise(...dims), floatToHalf);
  const tensor = makeTensor(b.fresh('half'), DataType.FLOAT16, dims, values);
  return b.op('Cast', [b.initializer(tensor)], { to: DataType.FLOAT });
};

describe('an LSTM for a runtime that has the kernel', () => {
  const forms: Record<string, Form> = {
    alone: {},
    bidirectional: { directions: 2 },
    'that spells its layout out': { attributes: { layout: 0, input_forget: 0 } },
    reverse: { attributes: { direction: 'reverse' } },
    'with biases': { rest: (b, directions) => [bias(b, directions)] },
    'with lengths of sequences': { rest: (b, directions) => [bias(b, directions), lengths(b)] },
    'with first states': { rest: (b, n) => [bias(b, n), '', state(b, n), state(b, n)] },
    'with peepholes in both directions': {
      directions: 2,
      rest: (b, n) => [bias(b, n), '', state(b, n), state(b, n), stored(b, n, 3 * HIDDEN)],
    },
    'of which the last state is read': { read: 1 },
    'of which the last cell is read, clipped': { read: 2, attributes: { clip: 0.5 } },
    'stored in half precision': { weight: half },
  };
  it.each(Object.entries(forms))('%s is stored as int8 and computes the same', async (_name, form) => {
    const subject = model(form);
    const [exact, before] = [await outputOf(subject), writeModel(subject).length];
    const { layers, skipped, warnings } = await quantized(subject);
    expect(skipped).toEqual([]);
    expect(layers[0]).toMatchObject({ node: 'memory', opType: 'LSTM', input: 'x', bits: 8 });
    expect(layers[0]!.weightSnrDb!).toBeGreaterThan(35);
    expect(layers[0]!.aloneSnrDb!).toBeGreaterThan(25);
    expect(warnings).toContainEqual(expect.stringMatching(/^DynamicQuantizeLSTM runs in ONNX Runtime only/));
    expect(subject.graph!.node.map(({ opType }) => opType)).not.toContain('LSTM');
    expect(writeModel(subject).length / before).toBeLessThan(form.weight ? 0.62 : 0.36);
    expect(snrDb(exact, await outputOf(subject))!).toBeGreaterThan(20);
  });

  it('is stored in scheme dynamic too', async () => {
    const subject = model();
    const exact = await outputOf(subject);
    const { layers, skipped } = await quantized(subject, { scheme: 'dynamic' });
    expect([layers.map(({ opType }) => opType), skipped]).toEqual([['LSTM', 'MatMul'], []]);
    expect(snrDb(exact, await outputOf(subject))!).toBeGreaterThan(25);
  });

  it('without a name is told by the first output that it has, and timed before and after', async () => {
    const subject = model({ read: 1 });
    subject.graph!.node.find(({ opType }) => opType === 'LSTM')!.name = '';
    const { layers } = await quantized(subject);
    expect(layers[0]).toMatchObject({ node: 'state', floatUs: expect.any(Number), quantizedUs: expect.any(Number) });
  });

  it.each(['channel', 'weight', 'layer'] as const)(
    'is listed by prune of granularity %s behind',
    async (granularity) => {
      const subject = model();
      await quantized(subject);
      expect(prunePass.preflight(subject, PruneOptions.parse({ granularity }))).toContainEqual({
        node: 'memory',
        opType: 'DynamicQuantizeLSTM',
        reason: expect.stringMatching(/left alone\. Let other passes come before quantize$/),
      });
    },
  );

  it('counts as the parameters that it was', async () => {
    const form: Form = { directions: 2, rest: (b, n) => [bias(b, n)] };
    const subject = model(form);
    const before = countParameters(cloneModel(subject)).parameters;
    await quantized(subject, { opTypes: ['LSTM'] });
    expect(countParameters(subject).parameters).toBe(before);
  });

  it('that shares weights with another is stored once', async () => {
    const b = new GraphBuilder();
    const weights = [stored(b, 1, 4 * HIDDEN, SIZE), stored(b, 1, 4 * HIDDEN, HIDDEN)];
    const x = b.input('x', [STEPS, BATCH, SIZE]);
    const states = [x, b.op('Neg', [x])].map((value) => b.op('LSTM', [value, ...weights], { hidden_size: HIDDEN }));
    b.op('Add', states, {}, { outputs: [b.output('y')] });
    const subject = readModel(writeModel(b.build()));
    const before = writeModel(subject).length;
    expect((await quantized(subject)).layers).toHaveLength(2);
    expect(writeModel(subject).length / before).toBeLessThan(0.3);
  });
});

describe('an LSTM that computes in floats is listed with the reason:', () => {
  const cases: [string, Form, Partial<QuantizeOptions>, RegExp][] = [
    ['another target', {}, { target: 'portable' }, /in floats.*only DynamicQuantizeLSTM.* use target onnxruntime/],
    ['opTypes', {}, { opTypes: ['MatMul'] }, /^opTypes does not list LSTM$/],
    ['exclude', {}, { exclude: ['memory'] }, /^excluded by the options$/],
    ['ends', {}, { ends: 'float' }, /^it is a first layer, which ends keeps float$/],
    [
      'activations of 16 bits',
      {},
      { layerActivationBits: { memory: 16 } },
      /^computes in floats, .* rounds activations to 8 bits, and 16/,
    ],
    ['the batch first', { attributes: { layout: 1 } }, {}, /^computes in floats, .*: it has the batch first/],
    [
      'computed weights',
      { weight: (b, ...dims) => b.op('Mul', [stored(b, ...dims), b.op('ReduceMean', ['x'])]) },
      {},
      /^its weights are computed at run time$/,
    ],
  ];
  it.each(cases)('%s', (_name, form, given, reason) => {
    const { recurrent, skipped } = planQuantization(model(form), options(given));
    expect(recurrent).toEqual([]);
    expect(skipped).toContainEqual({ node: 'memory', opType: 'LSTM', reason: expect.stringMatching(reason) });
  });

  it('weights that something else reads', () => {
    const b = new GraphBuilder();
    const weights = [stored(b, 1, 4 * HIDDEN, SIZE), stored(b, 1, 4 * HIDDEN, HIDDEN)];
    const state = b.op('LSTM', [b.input('x', [STEPS, BATCH, SIZE]), ...weights], { hidden_size: HIDDEN });
    b.op('Add', [state, b.op('ReduceMean', [weights[1]!])], {}, { outputs: [b.output('y')] });
    const { recurrent, skipped } = planQuantization(readModel(writeModel(b.build())), options());
    expect(recurrent).toEqual([]);
    expect(skipped).toContainEqual(
      expect.objectContaining({ opType: 'LSTM', reason: expect.stringMatching(/stay in floats for ReduceMean/) }),
    );
  });

  it('a width that its kernel does not know', () => {
    const { recurrent, skipped } = planQuantization(model(), options({ layerBits: { memory: 4 } }));
    expect(recurrent).toHaveLength(1);
    expect(skipped).toEqual([
      { node: 'memory', opType: 'LSTM', reason: 'its weights are stored at 8 bits: its kernel knows no others' },
    ]);
  });

  it('integers of an earlier stage', async () => {
    const subject = model();
    await quantized(subject, { opTypes: ['LSTM'] });
    const { skipped } = planQuantization(readModel(writeModel(subject)), options());
    expect(skipped).toEqual([
      expect.objectContaining({ node: 'memory', reason: expect.stringMatching(/^its weight is quantized already/) }),
    ]);
  });
});
