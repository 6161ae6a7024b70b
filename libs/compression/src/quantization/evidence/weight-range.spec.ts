import { QuantizeOptions } from '#contracts';
import { float32 } from '#inference';
import { GraphBuilder, tensorData, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { quantizeModel } from '../schemes/quantize-model.js';
import { settleRange, sumsSaturate } from './weight-range.js';

/** Two matrices whose sums are of many large products of one sign: what saturates anywhere, saturates here. */
function net(): ModelProto {
  const draw = randomNumbers(2);
  const b = new GraphBuilder('sums');
  const weight = () =>
    b.float(
      Float32Array.from({ length: 64 * 64 }, () => 0.5 + draw()),
      [64, 64],
    );
  const hidden = b.op('Relu', [b.op('MatMul', [b.input('x', ['n', 64]), weight()])]);
  b.output(b.op('MatMul', [hidden, weight()]), ['n', 64]);
  return b.build();
}

async function quantized(given: Partial<QuantizeOptions>) {
  const draw = randomNumbers(3);
  const model = net();
  const x = float32(
    [8, 64],
    Float32Array.from({ length: 512 }, () => draw()),
  );
  const options = QuantizeOptions.parse(given);
  const report = await quantizeModel(model, options, () => () => [{ x }], { threads: 1, seed: 0 });
  const stored = model.graph!.initializer.filter(({ name }) => name.endsWith('_quantized'));
  const integers = stored.flatMap((tensor) => Array.from(tensorData(tensor) as Int8Array, Math.abs));
  return { ...report, largest: Math.max(...integers) };
}

describe('the range of weights that is left to auto', () => {
  it('is what the sums of this CPU bear: nothing is lost against ±64, and the verdict speaks of a full range', async () => {
    const [auto, reduced] = [await quantized({}), await quantized({ reduceRange: true })];
    const isFull = !(await sumsSaturate());
    expect(auto.largest).toBe(isFull ? 127 : 64);
    expect(auto.outputSnrDb).toBeGreaterThan(Number(reduced.outputSnrDb) - 1);
    expect(/x86 CPUs without VNNI/.test(auto.verdict)).toBe(isFull);
    expect(/weights keep within ±64, as reduceRange asks/.test(reduced.verdict)).toBe(reduced.int8DotProduct === true);
  });

  it('leaves what the options say, and schemes whose weights meet no integers', async () => {
    const settled = async (given: Partial<QuantizeOptions>) =>
      (await settleRange(QuantizeOptions.parse(given))).reduceRange;
    expect(await settled({ reduceRange: true })).toBe(true);
    expect(await settled({ reduceRange: false })).toBe(false);
    expect(await settled({ scheme: 'weightOnly' })).toBe('auto');
  });
});
