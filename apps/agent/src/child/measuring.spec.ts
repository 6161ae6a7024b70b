import { BenchmarkSettings, type BenchmarkInput } from '#contracts';
import { Session } from '#inference';
import { HEALTH_INPUT, HEALTH_MODEL, healthFault, isQuick, settingsOf, thinned } from '#measurement';
import { MeasuringError } from '../errors.js';
import { runChild } from '../measuring/run-child.js';
import { feedsOf } from './inputs.js';

describe('made-up inputs', () => {
  const makeInputs = (inputs: BenchmarkInput[], seed: number) => feedsOf({ inputs, stored: null }, seed, 1)[0] ?? {};

  it('are the same for the same seed, and other for another', () => {
    const input = [{ name: 'x', type: 'float32', dims: [2, 3] }];
    expect(makeInputs(input, 1)).toEqual(makeInputs(input, 1));
    expect(makeInputs(input, 1)).not.toEqual(makeInputs(input, 2));
    expect(makeInputs(input, 1)['x']).toMatchObject({ type: 'float32', dims: [2, 3], data: { length: 6 } });
  });

  it.each([
    'float32',
    'float64',
    'float16',
    'int64',
    'uint64',
    'int32',
    'uint32',
    'int16',
    'uint16',
    'int8',
    'uint8',
    'bool',
  ])('are there for %s', (type) => {
    expect(makeInputs([{ name: 'x', type, dims: [4] }], 0)['x']?.data).toHaveLength(4);
  });

  it('are refused for a type that has none, which no other attempt helps', () => {
    const make = () => makeInputs([{ name: 'x', type: 'string', dims: [1] }], 0);
    expect(make).toThrow(MeasuringError);
    expect(make).toThrow(expect.objectContaining({ code: 'benchmark_input', permanent: true }));
  });
});

describe('samples', () => {
  it('are thinned by the same blocks of every model to what a result may carry', () => {
    const samples = Array.from({ length: 6 }, (_, model) =>
      Array.from({ length: 12_000 }, (_block, i) => i + model / 10),
    );
    const sent = thinned(samples);
    expect(sent.map(({ length }) => length)).toEqual([4000, 4000, 4000, 4000, 4000, 4000]);
    expect(sent.map((list) => list[1])).toEqual([3, 3.1, 3.2, 3.3, 3.4, 3.5]);
  });

  it('are 1,024 and of a minute unless less is asked for, which is called quick', () => {
    expect(settingsOf(BenchmarkSettings.parse({}))).toMatchObject({ minRuns: 1024, minSeconds: 60, within: 0.01 });
    expect(isQuick(settingsOf(BenchmarkSettings.parse({})))).toBe(false);
    expect(isQuick(settingsOf(BenchmarkSettings.parse({ quick: true })))).toBe(true);
    expect(settingsOf(BenchmarkSettings.parse({ within: 0 })).within).toBeNull();
  });
});

it('the model of the health check adds', async () => {
  const session = await Session.create(Buffer.from(HEALTH_MODEL, 'base64'));
  const { z } = await session.run({ x: { type: 'float32', dims: [2], data: Float32Array.from(HEALTH_INPUT) } });
  expect(healthFault(z?.data)).toBeNull();
  expect(healthFault([2, 5])).toBe('the runtime adds wrongly');
  expect(healthFault(undefined)).toBe('the runtime adds wrongly');
  await session.release();
});

it('a package without the code of its process says to install it anew', async () => {
  await expect(runChild<'about'>({ kind: 'about' })).rejects.toMatchObject({ code: 'agent_child' });
});
