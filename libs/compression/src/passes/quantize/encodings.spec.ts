import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QuantizeOptions, type Encodings } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { DataType, readModel, tensorToFloats, writeModel } from '#onnx';
import { stageContext } from '../../context.fixture.js';
import { CalibrationDataError, OptionError } from '../../errors.js';
import type { PassContext } from '../../pass.js';
import { quantizePass } from './quantize.js';

const EXAMPLE = join(__dirname, '../../../../../examples/seed-net');

interface Listed {
  name: string;
  bw: number;
  dtype: string;
  scale: number[];
  offset: number[];
}

/** The groups of a file in version 1.0.0. */
interface Lists {
  activation_encodings: Listed[];
  param_encodings: Listed[];
}

/** The same in version 0.6.1, by the example of its specification: flags are words, a range stands beside scale and offset. */
function mapped({ activation_encodings: activations, param_encodings: weights }: Lists): Encodings {
  const group = (entries: Listed[]) =>
    Object.fromEntries(
      entries.map(({ name, bw, scale, offset }) => [
        name,
        scale.map((step, i) => ({
          bitwidth: bw,
          dtype: 'int',
          is_symmetric: 'False' as const,
          max: step * (offset[i]! + 2 ** bw - 1),
          min: step * offset[i]!,
          offset: offset[i]!,
          scale: step,
        })),
      ]),
    );
  return { version: '0.6.1', activation_encodings: group(activations), param_encodings: group(weights) };
}

describe('encodings of another quantizer', () => {
  let data: Dataset;
  let outputPath: string;
  let baseline: Uint8Array;
  /** What an earlier stage wrote, and the model beside it. */
  let written: Encodings & Lists;
  let stored: Uint8Array;

  const context = (withData: boolean): PassContext =>
    stageContext(readModel(baseline), { baseline, history: [baseline], data: withData ? data : null, outputPath });
  const options = (given: object) => QuantizeOptions.parse({ samples: 64, biasCorrection: false, ...given });
  const quantized = async (given: object, withData = false) => {
    const { model, skipped } = await quantizePass.run(context(withData), options(given));
    const unused = skipped.filter(({ node }) => node === 'encodings').map(({ reason }) => reason);
    return { model: model!, bytes: writeModel(model!), unused };
  };

  beforeAll(async () => {
    data = await openDataset(EXAMPLE);
    outputPath = await mkdtemp(join(tmpdir(), 'coldpress-'));
    baseline = await readFile(join(EXAMPLE, 'seed-net.onnx'));
    stored = (await quantized({}, true)).bytes;
    written = JSON.parse(await readFile(join(outputPath, 'encodings.json'), 'utf8'));
  });

  afterAll(async () => {
    await data.close();
    await rm(outputPath, { recursive: true });
  });

  it('are written for every activation and every weight on a grid, real = (integer + offset) · scale', () => {
    expect(written.version).toBe('1.0.0');
    const floats = new Map(readModel(baseline).graph!.initializer.map((tensor) => [tensor.name, tensor]));
    for (const { name, bw, scale, offset } of written.param_encodings) {
      const largest = tensorToFloats(floats.get(name)!).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const widest = Math.max(...scale.map((step, i) => step * (offset[i]! + 2 ** bw - 1)));
      expect(largest).toBeLessThanOrEqual(widest * 1.001);
    }
    const types = readModel(stored).graph!.initializer.map(({ dataType }) => dataType);
    expect(types.filter((type) => type === DataType.INT8).length).toBeGreaterThanOrEqual(
      written.param_encodings.length,
    );
    expect(written.activation_encodings.every(({ bw, scale }) => bw === 8 && scale.length === 1)).toBe(true);
  });

  it.each([
    ['1.0.0', (file: Encodings & Lists): Encodings => file],
    ['0.6.1', (file: Encodings & Lists): Encodings => mapped(file)],
  ])('of version %s give the same model again without a data set', async (_version, form) => {
    const { bytes, unused } = await quantized({ encodings: form(written) });
    expect(unused).toEqual([]);
    expect(Buffer.compare(bytes, stored)).toBe(0);
  });

  it('decide the width of a weight and of an activation', async () => {
    const narrow = written.param_encodings.map((entry, i) =>
      i > 0
        ? entry
        : { ...entry, bw: 4, scale: entry.scale.map((step) => step * 16), offset: entry.scale.map(() => -8) },
    );
    const wide = written.activation_encodings.map((entry, i) =>
      i > 0 ? entry : { ...entry, bw: 16, scale: [entry.scale[0]! / 257], offset: [entry.offset[0]! * 257] },
    );
    const encodings = { ...written, param_encodings: narrow, activation_encodings: wide };
    const { model, unused } = await quantized({ encodings });
    expect(unused).toEqual([]);
    const types = model.graph!.initializer.map(({ dataType }) => dataType);
    expect(types).toContain(DataType.INT4);
    expect(types).toContain(DataType.UINT16);
  });

  it('of activations alone leave weights to the other options, of weights alone ask for data', async () => {
    const { bytes } = await quantized({ encodings: { ...written, param_encodings: [] }, weightBits: 4 });
    expect(bytes.length).toBeLessThan(0.6 * stored.length);
    const weights = { ...written, activation_encodings: [] };
    await expect(quantized({ encodings: weights })).rejects.toThrow(CalibrationDataError);
    expect((await quantized({ encodings: weights }, true)).unused).toEqual([]);
  });

  it('go behind ranges that are given too', async () => {
    const [first] = written.activation_encodings;
    const wide = { value: first!.name, min: -10, max: 10 };
    await quantized({ encodings: written, ranges: [wide] });
    const told = JSON.parse(await readFile(join(outputPath, 'calibration.json'), 'utf8')) as (typeof wide)[];
    expect(told.find(({ value }) => value === first!.name)).toMatchObject({ min: -10, max: 10 });
  });

  it('are said where they come to no use, each name with its reason', async () => {
    const [activation] = written.activation_encodings;
    const [weight, other, third] = written.param_encodings;
    const bias = readModel(baseline).graph!.initializer.find(({ dims }) => dims.length === 1)!.name;
    const param_encodings = [
      { ...weight!, dtype: 'FLOAT', bw: 16 },
      { ...other!, scale: other!.scale.slice(1), offset: other!.offset.slice(1) },
      { ...third!, offset: third!.offset.map(() => -3) },
      { ...weight!, name: bias },
      { ...weight!, name: 'of.nobody' },
    ];
    const activation_encodings = [
      ...written.activation_encodings,
      { ...activation!, name: 'of.another' },
      { ...activation!, name: 'logits', bw: 4 },
    ];
    const { unused } = await quantized({ encodings: { ...written, param_encodings, activation_encodings } });
    const reasonFor = (name: string) => unused.find((reason) => reason.includes(`"${name}"`));
    expect(reasonFor(weight!.name)).toMatch(/of floats there/);
    expect(reasonFor(other!.name)).toMatch(/scales are given, and the weight has/);
    expect(reasonFor(third!.name)).toMatch(/another offset is given/);
    expect(reasonFor(bias)).toMatch(/no weight of a layer/);
    expect(reasonFor('of.nobody')).toMatch(/no value of that name/);
    expect(reasonFor('of.another')).toMatch(/no value of that name/);
    expect(
      quantizePass.preflight(readModel(baseline), options({ encodings: { ...written, param_encodings } })),
    ).toContainEqual({
      node: 'encodings',
      reason: expect.stringMatching(/"of.nobody": the model has no value of that name/),
    });
  });

  it('are said of a weight whose channels are of different widths', async () => {
    const { name } = written.param_encodings.find(({ scale }) => scale.length > 1)!;
    const older = mapped(written);
    const group = older.param_encodings as Record<string, { bitwidth: number }[]>;
    const widths = group[name]!.map((channel, i) => ({ ...channel, bitwidth: i === 0 ? 4 : channel.bitwidth }));
    const { unused } = await quantized({
      encodings: { ...older, param_encodings: { ...group, [name]: widths } } as Encodings,
    });
    expect(unused).toEqual([`no use for "${name}": its channels are of different widths there`]);
  });

  it('of another model are refused before the job starts', () => {
    const foreign = {
      ...written,
      activation_encodings: [],
      param_encodings: [{ ...written.param_encodings[0]!, name: 'w' }],
    };
    expect(() => quantizePass.preflight(readModel(baseline), options({ encodings: foreign }))).toThrow(OptionError);
  });

  it.each([
    ['a version that is not read', { version: '2.0.0' }, {}],
    ['no scale above zero', { param_encodings: [{ name: 'w', bw: 8, scale: [0], offset: [-128] }] }, {}],
    ['a scheme without grids', {}, { scheme: 'dynamic' }],
    ['mixed', {}, { mixed: { averageBits: 4 } }],
    ['uneven levels', {}, { weightFormat: 'ternary' }],
  ])('are refused with %s', (_name, change, given) => {
    const result = QuantizeOptions.safeParse({ ...given, encodings: { ...written, ...change } });
    expect(result.success).toBe(false);
  });
});
