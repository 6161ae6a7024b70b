import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QuantizeOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { readModel, writeModel } from '#onnx';
import { stageContext } from '../../context.fixture.js';
import type { PassContext } from '../../pass.js';
import { UnknownValueError } from '../errors.js';
import { CalibrationDataError } from '../../errors.js';
import { quantizePass } from '../../passes/quantize/quantize.js';

const EXAMPLE = join(__dirname, '../../../../../examples/seed-net');

describe('ranges that are known already', () => {
  let data: Dataset;
  let outputPath: string;
  let baseline: Uint8Array;
  /** What an earlier stage has calibrated, as its artifact holds it. */
  let ranges: QuantizeOptions['ranges'];
  let calibrated: Uint8Array;

  const context = (withData: boolean): PassContext =>
    stageContext(readModel(baseline), { baseline, history: [baseline], data: withData ? data : null, outputPath });
  const options = (given: object) => QuantizeOptions.parse({ samples: 64, biasCorrection: false, ...given });
  const quantized = async (given: object, withData = false) =>
    writeModel((await quantizePass.run(context(withData), options(given))).model!);

  beforeAll(async () => {
    data = await openDataset(EXAMPLE);
    outputPath = await mkdtemp(join(tmpdir(), 'coldpress-'));
    baseline = await readFile(join(EXAMPLE, 'seed-net.onnx'));
    calibrated = await quantized({}, true);
    ranges = JSON.parse(await readFile(join(outputPath, 'calibration.json'), 'utf8'));
  });

  afterAll(async () => {
    await data.close();
    await rm(outputPath, { recursive: true });
  });

  it('give the same model again without a data set', async () => {
    expect(Buffer.compare(await quantized({ ranges }), calibrated)).toBe(0);
  });

  it('serve another width without another calibration', async () => {
    expect((await quantized({ ranges, weightBits: 4 })).length).toBeLessThan(0.6 * calibrated.length);
  });

  it('go before those that would be measured, and come back in calibration.json', async () => {
    const [first, ...others] = ranges;
    const wide = { ...first!, min: 2 * first!.min, max: 2 * first!.max };
    await quantized({ ranges: [wide] }, true);
    const told: QuantizeOptions['ranges'] = JSON.parse(await readFile(join(outputPath, 'calibration.json'), 'utf8'));
    expect(told.map(({ value, min, max }) => ({ value, min, max }))).toEqual(
      [wide, ...others].map(({ value, min, max }) => ({ value, min, max })),
    );
  });

  it('must be complete where there is no data set: the values left are named', async () => {
    const missing = quantized({ ranges: ranges.slice(1) });
    await expect(missing).rejects.toThrow(CalibrationDataError);
    await expect(missing).rejects.toThrow(`"${ranges[0]!.value}"`);
  });

  it.each([
    ['smoothing', { smoothing: 0.5 }],
    ['mixed', { mixed: { averageBits: 4 } }],
    ['rounding', { rounding: 'gptq' }],
  ])('do not stand in for the data that %s looks at', async (_, given) => {
    await expect(quantized({ ranges, ...given })).rejects.toThrow(CalibrationDataError);
  });

  it('of another model are refused before the job starts', () => {
    const foreign = [{ value: '/conv9/Conv_output_0', min: 0, max: 1 }];
    expect(() => quantizePass.preflight(readModel(baseline), options({ ranges: foreign }))).toThrow(UnknownValueError);
    expect(() => quantizePass.preflight(readModel(baseline), options({ ranges }))).not.toThrow();
  });

  it('are refused where they make no sense', () => {
    expect(QuantizeOptions.safeParse({ ranges: [{ value: 'x', min: 1, max: 0 }] }).success).toBe(false);
    expect(
      QuantizeOptions.safeParse({
        ranges: [
          { value: 'x', min: 0, max: 1 },
          { value: 'x', min: 0, max: 2 },
        ],
      }).success,
    ).toBe(false);
    expect(QuantizeOptions.safeParse({ scheme: 'dynamic', ranges: [{ value: 'x', min: 0, max: 1 }] }).success).toBe(
      false,
    );
  });
});
