import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DistillOptions, QuantizeOptions } from '#contracts';
import { openDataset, writeNpz, type Dataset } from '#datasets';
import { float32, Session } from '#inference';
import { Graph, GraphBuilder, cloneModel, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { stageContext } from '../../context.fixture.js';
import type { PassContext } from '../../pass.js';
import { snrDb } from '../../quantization/grid/arithmetic.js';
import { copiedForm } from '../../training/form/copied-form.js';
import { startFromFloats } from '../../training/form/start-from-floats.js';
import { storedName } from '../../training/form/shadow-name.js';
import { distillPass } from '../distill/distill.js';
import { quantizePass } from './quantize.js';

const [INPUTS, HIDDEN, OUTPUTS, SAMPLES] = [24, 160, 6, 256];

/** x -> Gemm -> Relu -> Gemm of a transposed weight -> y: blocks of 128 end short, and one weight lies across. */
function denseNet(seed: number): ModelProto {
  const random = randomNumbers(seed);
  const noise = (count: number, size: number) => Float32Array.from({ length: count }, () => (random() * 2 - 1) * size);
  const b = new GraphBuilder();
  const first = b.float(noise(INPUTS * HIDDEN, 0.35), [INPUTS, HIDDEN]);
  const hidden = b.op('Relu', [
    b.op('Gemm', [b.input('x', ['n', INPUTS]), first, b.float(noise(HIDDEN, 0.1), [HIDDEN])]),
  ]);
  const last = b.float(noise(HIDDEN * OUTPUTS, 0.15), [OUTPUTS, HIDDEN]);
  b.op('Gemm', [hidden, last], { transB: 1 }, { outputs: [b.output('y', ['n', OUTPUTS])] });
  return readModel(writeModel(b.build()));
}

const inputs = (() => {
  const random = randomNumbers(5);
  return Float32Array.from({ length: SAMPLES * INPUTS }, () => random() * 2 - 1);
})();

/** On samples that training does not see: the second half. */
async function outputOf(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  try {
    const x = float32([SAMPLES / 2, INPUTS], inputs.subarray((SAMPLES / 2) * INPUTS));
    return Float32Array.from((await session.run({ x }))['y']!.data as Float32Array);
  } finally {
    await session.release();
  }
}

/** Forms of two bits and less, each with what training wins at least, dB: half of what three nets won. */
const FORMS: Record<string, { given: Partial<QuantizeOptions>; leastGainDb: number }> = {
  'two bits in scheme static': { given: { weightBits: 2 }, leastGainDb: 3.5 },
  'three levels': { given: { weightFormat: 'ternary' }, leastGainDb: 1.5 },
  'two levels': { given: { weightFormat: 'binary' }, leastGainDb: 1.8 },
  'two bits in scheme weightOnly': { given: { scheme: 'weightOnly', weightBits: 2 }, leastGainDb: 3.5 },
  'two bits in blocks': {
    given: { scheme: 'weightOnly', weightBits: 2, target: 'onnxruntime' },
    leastGainDb: 3.5,
  },
  'four values of a codebook': {
    given: { scheme: 'weightOnly', weightBits: 2, weightFormat: 'codebook' },
    leastGainDb: 1.2,
  },
};

describe('a net of few levels', () => {
  let folder: string;
  let data: Dataset;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-'));
    const half = inputs.subarray(0, (SAMPLES / 2) * INPUTS);
    const x = { dtype: 'f4' as const, dims: [SAMPLES / 2, INPUTS], data: half };
    await writeFile(join(folder, 'data.npz'), writeNpz({ x }));
    const split = { file: 'data.npz' };
    const manifest = { name: 'noise', inputs: { x: { array: 'x' } }, splits: { train: split, calibration: split } };
    await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
    data = await openDataset(folder);
  });

  afterAll(async () => {
    await data.close();
    await rm(folder, { recursive: true });
  });

  const contextOf = (model: ModelProto, baseline: Uint8Array): PassContext =>
    stageContext(model, { baseline, history: [baseline], data, outputPath: folder });

  const quantized = async (float: ModelProto, given: Partial<QuantizeOptions>) => {
    const baseline = writeModel(float);
    const context = contextOf(readModel(baseline), baseline);
    return (await quantizePass.run(context, QuantizeOptions.parse(given))).model!;
  };

  /** What training towards the floats wins of the signal to noise, dB. */
  async function gainOf(float: ModelProto, before: ModelProto): Promise<number> {
    const options = DistillOptions.parse({
      epochs: 30,
      batchSize: 32,
      learningRate: 3e-3,
      learnScales: true,
      outputs: { y: 'mse' },
    });
    const trained = await distillPass.run(contextOf(cloneModel(before), writeModel(float)), options);
    const exact = await outputOf(float);
    return snrDb(exact, await outputOf(trained.model!))! - snrDb(exact, await outputOf(before))!;
  }

  it.each(Object.entries(FORMS))('is trained back, whatever the net: %s', async (_name, { given, leastGainDb }) => {
    for (const seed of [1, 2]) {
      const float = denseNet(seed);
      expect(await gainOf(float, await quantized(float, given))).toBeGreaterThan(leastGainDb);
    }
  });

  it.each(Object.entries(FORMS))('begins where it was rounded from, and comes back: %s', async (_name, { given }) => {
    const float = denseNet(4);
    const model = await quantized(float, given);
    const form = copiedForm(model, { learnScales: true });
    expect(form.skipped).toEqual([]);
    const begun = startFromFloats(form, () => float, false).trainables.filter(({ isFromFloats }) => isFromFloats);
    expect(begun).toHaveLength(given.weightFormat === 'codebook' ? 0 : 2);
    const bytes = writeModel(model);
    const graph = new Graph(model);
    const values = new Map(form.trainables.map((trainable) => [trainable.name, trainable.values]));
    for (const trainable of form.trainables)
      for (const tensor of trainable.stored(trainable.values, values)) graph.replaceInitializer(tensor);
    expect(form.trainables.map(({ name }) => storedName(name)).some((name) => graph.initializer(name))).toBe(true);
    // With nothing trained, to the bit.
    expect(Buffer.compare(writeModel(model), bytes)).toBe(0);
  });
});
