import { QuantizeOptions } from '#contracts';
import { float32, type HostTensors } from '#inference';
import { GraphBuilder, type ModelProto } from '#onnx';
import { NonFiniteActivationError, NonFiniteDataError } from '../errors.js';
import { quantizeModel } from '../schemes/quantize-model.js';

/** X -> Log -> MatMul "first" -> Relu -> MatMul "second" -> Y, and X -> MatMul "aside" -> Z */
function net(): ModelProto {
  const b = new GraphBuilder();
  const x = b.input('x', ['n', 4]);
  const weight = () =>
    b.float(
      Float32Array.from({ length: 16 }, (_, i) => Math.sin(i)),
      [4, 4],
    );
  const inside = b.op('Relu', [
    b.op('MatMul', [b.op('Transpose', [b.op('Log', [x], {}, { outputs: ['logs'] })], { perm: [0, 1] }), weight()]),
  ]);
  b.op('MatMul', [inside, weight()], {}, { outputs: [b.output('y', ['n', 4])] });
  b.op('MatMul', [x, weight()], {}, { outputs: [b.output('z', ['n', 4])] });
  ['logs', 'moved', 'first', 'relu', 'second', 'aside'].forEach((name, i) => {
    if (b.nodes[i]) b.nodes[i].name = name;
  });
  return b.build();
}

const batches =
  (...values: number[]) =>
  () =>
  () =>
    [0, 1, 2, 3].map((i): HostTensors => ({
      x: float32(
        [2, 4],
        Float32Array.from({ length: 8 }, (_, at) => (i === 2 && at >= 4 ? (values[at - 4] ?? 1) : 1 + i + at)),
      ),
    }));
const quantized = (data: ReturnType<typeof batches>, given: Partial<QuantizeOptions> = {}) =>
  quantizeModel(net(), QuantizeOptions.parse(given), data, { threads: 1, seed: 0 });

describe('an activation that is not finite', () => {
  it('is traced to the sample and the input that hold an infinity', async () => {
    const failing = quantized(batches(1, Infinity));
    await expect(failing).rejects.toThrow(NonFiniteDataError);
    await expect(failing).rejects.toThrow('sample 5 of the calibration data holds Infinity in input "x"');
  });

  it('is traced to the layers to exclude where the data is finite, by names that exclude takes', async () => {
    const failure: unknown = await quantized(batches(0)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NonFiniteActivationError);
    const names = [...String(failure).matchAll(/"([^"]+)"/g)].map(([, name = '']) => name).slice(1);
    expect(names).toEqual(['first']);
    const { layers } = await quantized(batches(0), { exclude: [...names, 'second'] });
    expect(layers.map(({ node }) => node)).toEqual(['aside']);
  });

  it.each(['weightOnly', 'dynamic'] as const)(
    'keeps bias correction of scheme %s from making a bias of it',
    async (scheme) => {
      await expect(quantized(batches(0), { scheme, biasCorrection: true })).rejects.toThrow(NonFiniteActivationError);
    },
  );
});
