import { QuantizeOptions } from '#contracts';
import { float32, type HostTensors } from '#inference';
import { GraphBuilder, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { chooseMethods } from './choose-methods.js';
import { planQuantization } from '../schemes/plan-quantization.js';

const RUN = { threads: 1, seed: 0 };
const random = randomNumbers(5);

/** A convolution whose 3-bit weights shift the mean of its outputs, on input with a mean. */
function shiftingNet(): ModelProto {
  const b = new GraphBuilder();
  b.output(
    b.op('Flatten', [
      b.op('GlobalAveragePool', [
        b.op('Conv', [
          b.input('x', ['n', 4, 6, 6]),
          b.float(
            Float32Array.from({ length: 8 * 36 }, () => random() - 0.5),
            [8, 4, 3, 3],
          ),
        ]),
      ]),
    ]),
  );
  return b.build();
}

function batchesOf(count: number, value: (i: number, batch: number) => number = () => 0.5 + random()): HostTensors[] {
  return Array.from({ length: count }, (_, batch) => ({
    x: float32(
      [8, 4, 6, 6],
      Float32Array.from({ length: 8 * 144 }, (_v, i) => value(i, batch)),
    ),
  }));
}

async function choice(model: ModelProto, given: Partial<QuantizeOptions>, batches: readonly HostTensors[]) {
  const options = QuantizeOptions.parse(given);
  return chooseMethods(planQuantization(model, options), options, () => batches, RUN);
}

describe('what auto decides', () => {
  it('corrects biases where that helps on batches held out', async () => {
    const { biasCorrection, tried } = await choice(
      shiftingNet(),
      { weightBits: 3, calibration: 'minmax' },
      batchesOf(6),
    );
    expect(biasCorrection).toBe(true);
    const [corrected, plain] = tried.map(({ heldOutSnrDb }) => heldOutSnrDb!);
    expect(corrected).toBeGreaterThan(plain! + 1);
  });

  it('leaves biases alone where their shift on one half of the data is not that of the other', async () => {
    const alternating = batchesOf(6, (i, batch) =>
      i % 100 < 2 ? 4 * (i % 100) - 2 : (batch % 2 ? 1 : -1) * (0.5 + random()),
    );
    expect(await choice(shiftingNet(), { weightBits: 3, calibration: 'minmax' }, alternating)).toMatchObject({
      biasCorrection: false,
    });
  });

  it('keeps whole ranges where few values beyond a percentile carry the outputs', async () => {
    const rare = batchesOf(8, (i) => (i % 1152 === 7 ? 400 : random()));
    expect(await choice(shiftingNet(), { percentile: 99 }, rare)).toMatchObject({ calibration: 'minmax' });
  });

  it('tries nothing on fewer than four batches, nor where the options leave nothing open', async () => {
    expect(await choice(shiftingNet(), {}, batchesOf(3))).toEqual({
      calibration: 'percentile',
      biasCorrection: false,
      tried: [],
    });
    expect(await choice(shiftingNet(), { calibration: 'mse', biasCorrection: true }, batchesOf(6))).toEqual({
      calibration: 'mse',
      biasCorrection: true,
      tried: [],
    });
  });
});
