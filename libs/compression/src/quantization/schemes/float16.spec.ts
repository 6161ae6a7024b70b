import { QuantizeOptions } from '#contracts';
import { float32 } from '#inference';
import { GraphBuilder, type ModelProto } from '#onnx';
import { quantizeModel } from './quantize-model.js';

const wave = (count: number, size: number) =>
  Float32Array.from({ length: count }, (_, i) => size * Math.sin(i * 1.7 + 0.3));

/** X -> MatMul(v) -> Relu -> MatMul(w) -> Mul(1 / size) -> Y, with w of that size. */
function net(w: Float32Array, scale: number[]): ModelProto {
  const b = new GraphBuilder('t');
  const hidden = b.op('Relu', [b.op('MatMul', [b.input('x', ['n', 8]), b.float(wave(128, 0.3), [8, 16])])]);
  b.op(
    'Mul',
    [b.op('MatMul', [hidden, b.float(w, [16, 8])]), b.float(scale)],
    {},
    { outputs: [b.output('y', ['n', 8])] },
  );
  return b.build();
}

const batches = () => () => [1, 2].map((size) => ({ x: float32([4, 8], wave(32, size)) }));
const halved = (model: ModelProto, data: typeof batches | null = batches) =>
  quantizeModel(model, QuantizeOptions.parse({ scheme: 'float16' }), data, { threads: 1, seed: 0 });
const ones = Array.from({ length: 8 }, () => 1);

describe('the lower end of float16', () => {
  it.each([1e-9, 1e-7, 1e-6])(
    'leaves a tensor of values around %d in floats, and says what would be left of it',
    async (size) => {
      const { skipped, outputSnrDb, warnings } = await halved(
        net(
          wave(128, size),
          ones.map(() => 1 / size),
        ),
      );
      expect(skipped).toContainEqual({
        node: expect.any(String),
        reason: expect.stringMatching(/its values underflow: .* would keep \d+\.\d dB/),
      });
      expect(outputSnrDb).toBeGreaterThan(60);
      expect(warnings.join()).not.toMatch(/POOR|underflow/);
    },
  );

  it('warns of a slice that is too small beside large ones, with and without data', async () => {
    const w = wave(128, 0.3).map((value, i) => (i % 8 === 5 ? value * 1e-9 : value));
    const scale = ones.map((one, i) => (i === 5 ? 1e9 : one));
    for (const data of [batches, null]) {
      const { warnings, tensors, verdict } = await halved(net(w.slice(), scale), data);
      expect(warnings).toContainEqual(expect.stringMatching(/^float16 underflow: .* slice 5 of axis 1/));
      expect(tensors?.some(({ poorSlice }) => poorSlice?.index === 5)).toBe(true);
      expect(verdict).not.toContain('no layer lost');
    }
  });

  it('keeps infinities of a mask, which are no loss', async () => {
    const b = new GraphBuilder('t');
    const mask = wave(64, 1).map((value, i) => (i % 9 === 0 ? -Infinity : value));
    b.op(
      'Softmax',
      [b.op('Add', [b.input('x', ['n', 8]), b.float(mask, [8, 8])])],
      {},
      { outputs: [b.output('y', ['n', 8])] },
    );
    const { tensors, skipped } = await halved(b.build(), null);
    expect(skipped).toEqual([]);
    expect(tensors).toEqual([{ tensor: expect.any(String), bits: 16, weightSnrDb: expect.any(Number) }]);
    expect(tensors?.[0]?.weightSnrDb).toBeGreaterThan(60);
  });
});
