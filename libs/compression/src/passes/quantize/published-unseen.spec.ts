import { readFile } from 'node:fs/promises';
import { QuantizeOptions } from '#contracts';
import { outputSnrDb } from '#evaluation';
import { Session, type HostTensors } from '#inference';
import { readModel, writeModel } from '#onnx';
import { PUBLISHED_MODELS, publishedModelFile } from '#testing';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';

const CALIBRATION_RUNS = 32;
const TEST_RUNS = 8;

/** ONNX Runtime's quantizer keeps 17.2 dB at best on the same runs (docs/quantization.md). */
const FLOOR_DB = 21;

describe('the wake-word embedding at 8 bits on speech that calibration has not seen', () => {
  const published = PUBLISHED_MODELS.find(({ name }) => name === 'wake word: embedding')!;
  let feeds: HostTensors[];

  beforeAll(async () => {
    feeds = await Promise.all(Array.from({ length: CALIBRATION_RUNS + TEST_RUNS }, (_, i) => published.feeds(i + 1)));
  });

  it(`keeps ${FLOOR_DB} dB by default`, async () => {
    const float = await readFile(publishedModelFile(published));
    const model = readModel(float);
    await quantizeModel(model, QuantizeOptions.parse({}), () => () => feeds.slice(0, CALIBRATION_RUNS), {
      threads: 1,
      seed: 0,
    });
    const [exact, quantized] = await Promise.all([Session.create(float), Session.create(writeModel(model))]);
    const snr = outputSnrDb();
    for (const inputs of feeds.slice(CALIBRATION_RUNS)) {
      const [reference, output] = await Promise.all(
        [exact, quantized].map(async (session) => Object.values(await session.run(inputs))[0]!.data as Float32Array),
      );
      snr.add({ output: output!, reference: reference! });
    }
    await Promise.all([exact.release(), quantized.release()]);
    expect(snr.value()).toBeGreaterThan(FLOOR_DB);
  });
});
