import { Session } from '#inference';
import { DataType, GraphBuilder, inspectModel, readModel, writeModel } from '#onnx';
import { inspectDataset, matchInputs } from './inspect.js';
import { openDataset } from './open-dataset.js';
import { recordStates } from './record-states.js';
import { errorOf, withFolder } from './test-dataset.js';
import { writeNpz } from './write-npz.js';

/**
 * y = x + rate, next = state + x: states of [2, batch, 2], of which each half is handed on, and a scalar that is the
 * same for all.
 */
function summing(batch: string | number = 'batch'): Uint8Array {
  const builder = new GraphBuilder('sum');
  const state = builder.input('state', [2, batch, 2]);
  const x = builder.input('x', [batch, 2]);
  const rate = builder.op('Cast', [builder.input('rate', [], DataType.INT64)], { to: DataType.FLOAT });
  builder.op('Add', [x, rate], {}, { outputs: [builder.output('y', [batch, 2])] });
  builder.op('Add', [state, x], {}, { outputs: [builder.output('next', [2, batch, 2])] });
  return writeModel(builder.build());
}

const manifest = (change: object = {}) =>
  JSON.stringify({
    name: 'sums',
    inputs: {
      x: { array: 'x' },
      state: { state: { dims: [2, 2], output: 'next' }, batchAxis: 1 },
      rate: { constant: 100, type: 'int64' },
    },
    sequence: { steps: 3 },
    splits: { test: { file: 'x.npz' } },
    ...change,
  });
/** Two sequences of three steps: 0 1, 2 3, 4 5 and 6 7, 8 9, 10 11. */
const X = { dtype: 'f4' as const, dims: [6, 2], data: Float32Array.from({ length: 12 }, (_, i) => i) };
const files = (change?: object) => ({ 'x.npz': writeNpz({ x: X }), 'dataset.json': manifest(change) });

async function recorded(model: Uint8Array, change?: object) {
  return withFolder(files(change), async (folder) => {
    const session = await Session.create(model);
    const dataset = (await openDataset(folder)).bindInputs(session.inputs.map(({ name }) => name));
    try {
      const served = await recordStates(dataset, session);
      const batches = [];
      for await (const batch of served.batches('test', { batchSize: served.batchOf(session.inputs) ?? 6 })) {
        await session.run(batch.inputs);
        batches.push(batch);
      }
      return batches;
    } finally {
      await dataset.close();
      await session.release();
    }
  });
}

/** The sum of the steps before each, in both halves. */
const BEFORE = [
  [0, 0],
  [0, 1],
  [2, 4],
  [0, 0],
  [6, 7],
  [14, 16],
];

describe('states that a model hands on', () => {
  it.each(['batch', 1])('are recorded through each sequence, and stand beside its steps (batch %s)', async (batch) => {
    const batches = await recorded(summing(batch));
    const states = batches.flatMap(({ inputs, size }) => {
      const { dims, data } = inputs.state!;
      expect(dims).toEqual([2, size, 2]);
      const [first, second] = [data.slice(0, size * 2), data.slice(size * 2)];
      expect([...first]).toEqual([...second]);
      return [...first].map(Number);
    });
    expect(states).toEqual(BEFORE.flat());
    expect(batches[0]!.inputs.rate).toEqual({ type: 'int64', dims: [], data: BigInt64Array.of(100n) });
  });

  it('stay as they were before the first step where no output is named', async () => {
    const inputs = { ...JSON.parse(manifest()).inputs, state: { state: { dims: [2, 2], initial: 0.5 }, batchAxis: 1 } };
    const [batch] = await recorded(summing(), { inputs, sequence: undefined });
    expect([...batch!.inputs.state!.data].every((value) => value === 0.5)).toBe(true);
  });

  it('fit a model by the axis of its samples, and a way out that works is told where they do not', async () => {
    const fits = (change?: object) =>
      withFolder(files(change), inspectDataset).then((found) =>
        matchInputs(found, inspectModel(readModel(summing())).inputs),
      );
    expect(await fits()).toEqual([]);
    const { inputs } = JSON.parse(manifest());
    const [axis] = await fits({ inputs: { ...inputs, state: { state: inputs.state.state } } });
    expect(axis!.message).toContain(
      'expected shape [2, batch, 2], got [batch, 2, 2]; the samples lie along axis 1: add batchAxis: 1',
    );
    const [constant] = await fits({
      inputs: { ...inputs, rate: { array: 'x', preprocess: [{ op: 'cast', to: 'int64' }] } },
    });
    expect(constant!.message).toContain(
      'expected shape [], got [batch, 2]; the input is a scalar: feed it with constant: 1',
    );
  });

  it.each([
    [
      'an output that is not there',
      { output: 'stateN' },
      'dataset_input',
      'the output "stateN" cannot be handed on to the state "state"',
    ],
    ['an output of another shape', { output: 'y' }, 'dataset_input', 'expected float32 [2,16,2], got float32 [16,2]'],
  ] as const)('are refused: %s', async (_, { output }, code, message) => {
    const inputs = { ...JSON.parse(manifest()).inputs, state: { state: { dims: [2, 2], output }, batchAxis: 1 } };
    expect((await errorOf(recorded(summing(), { inputs }), code)).message).toContain(message);
  });

  it('are refused where samples are no whole sequences, or nothing says how long those are', async () => {
    const open = (change: object) => withFolder(files(change), openDataset);
    const error = await errorOf(open({ splits: { test: { file: 'x.npz', count: 4 } } }), 'dataset_split');
    expect(error.message).toContain('expected whole sequences of 3 steps, got samples 0..4');
    expect((await errorOf(open({ sequence: undefined }), 'dataset_manifest')).message).toContain(
      'add sequence: { steps: … }',
    );
  });
});

describe('an input without a batch axis', () => {
  it('is fed one sample at a time', async () => {
    const builder = new GraphBuilder('one');
    builder.op('Relu', [builder.input('x', [2])], {}, { outputs: [builder.output('y', [2])] });
    const model = writeModel(builder.build());
    const change = { inputs: { '*': { array: 'x', batchAxis: null } }, sequence: undefined };
    const found = await withFolder(files(change), inspectDataset);
    expect(matchInputs(found, inspectModel(readModel(model)).inputs)).toEqual([]);
    const session = await Session.create(model);
    await withFolder(files(change), async (folder) => {
      const dataset = (await openDataset(folder)).bindInputs(['x']);
      expect(dataset.batchOf(session.inputs)).toBe(1);
      for await (const { inputs } of dataset.batches('test', { batchSize: 1, limit: 2 })) {
        expect(inputs.x!.dims).toEqual([2]);
        await session.run(inputs);
      }
      await dataset.close();
    });
    await session.release();
  });
});

describe('the manifest', () => {
  it.each([
    [{ inputs: { x: {} } }, /inputs\.x: nothing says where its values come from/],
    [{ inputs: { x: { array: 'x', columns: ['x'] } } }, /array and columns exclude each other/],
    [{ inputs: { x: { array: 'x', type: 'int64' } } }, /inputs\.x\.type: is for constants/],
    [{ inputs: { x: { constant: 1, batchAxis: 0 } } }, /a constant has no samples/],
    [
      { inputs: { x: { array: 'x' }, s: { state: { dims: [2] }, preprocess: [{ op: 'scale', factor: 2 }] } } },
      /served as it is/,
    ],
    [{ inputs: { x: { image: { letterbox: 3, crop: 2 } } } }, /letterbox fits the whole picture/],
    [{ splits: { test: { file: 'x.npz', part: [0.5, 0.2] } } }, /the first share lies below the second/],
    [{ splits: { test: { file: 'x.npz', part: [0, 1], start: 2 } } }, /start and count exclude it/],
    [{ splits: { test: { file: 'x.npz', seed: 2 } } }, /is for part/],
    [{ labels: { classes: 3 } }, /give one of array and boxes/],
    [{ labels: { array: 'y', first: 1 } }, /is for labels that are classes/],
    [{ labels: { array: 'y', classes: ['a', 'a'] } }, /a name is there twice/],
    [{ inputs: { rate: { constant: 300, type: 'int8' } }, sequence: undefined }, /cast to int8/],
  ])('says what is wrong with %j', async (change, message) => {
    await expect(withFolder(files({ sequence: undefined, ...change }), openDataset)).rejects.toThrow(message);
  });
});
