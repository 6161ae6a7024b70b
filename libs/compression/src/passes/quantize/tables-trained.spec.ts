import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DistillOptions, QuantizeOptions } from '#contracts';
import { openDataset, writeNpz, type Dataset } from '#datasets';
import { Session } from '#inference';
import { DataType, Graph, GraphBuilder, readModel, tensorData, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { stageContext } from '../../context.fixture.js';
import { distillPass } from '../distill/distill.js';
import { snrDb } from '../../quantization/grid/arithmetic.js';
import type { PassContext } from '../../pass.js';
import { quantizePass } from './quantize.js';

const [ROWS, WIDTH, TOKENS, SAMPLES] = [64, 24, 5, 96];
const random = randomNumbers(51);
const noise = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);

/** ids -> words -> mean of the tokens -> Tanh -> MatMul -> logits */
function tokenNet(): ModelProto {
  const b = new GraphBuilder();
  const ids = b.input('ids', ['n', TOKENS], DataType.INT64);
  const words = b.op('Gather', [b.float(noise(ROWS * WIDTH), [ROWS, WIDTH]), ids]);
  const mean = b.op('Tanh', [b.op('ReduceMean', [words, b.ints([1])], { keepdims: 0 })]);
  b.op('MatMul', [mean, b.float(noise(WIDTH * 4), [WIDTH, 4])], {}, { outputs: [b.output('logits', ['n', 4])] });
  return readModel(writeModel(b.build()));
}

/** ids -> words -> mean of the tokens -> Tanh -> MatMul by the words again -> logits of the first four */
function tiedNet(): ModelProto {
  const b = new GraphBuilder();
  const ids = b.input('ids', ['n', TOKENS], DataType.INT64);
  const table = b.float(noise(ROWS * WIDTH), [ROWS, WIDTH]);
  const mean = b.op('Tanh', [b.op('ReduceMean', [b.op('Gather', [table, ids]), b.ints([1])], { keepdims: 0 })]);
  const scores = b.op('MatMul', [mean, b.op('Transpose', [table], { perm: [1, 0] })]);
  const first = b.op('Slice', [scores, b.ints([0]), b.ints([4]), b.ints([1])]);
  b.op('Identity', [first], {}, { outputs: [b.output('logits', ['n', 4])] });
  return readModel(writeModel(b.build()));
}

const ids = BigInt64Array.from({ length: SAMPLES * TOKENS }, () => BigInt(Math.floor(random() * ROWS)));

async function outputOf(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  try {
    const fed = { ids: { type: 'int64' as const, dims: [SAMPLES, TOKENS], data: ids } };
    return Float32Array.from((await session.run(fed))['logits']!.data as Float32Array);
  } finally {
    await session.release();
  }
}

describe('a net whose table was stored as integers', () => {
  let folder: string;
  let data: Dataset;
  const baseline = writeModel(tokenNet());

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-'));
    const labels = BigInt64Array.from({ length: SAMPLES }, (_, i) => BigInt(i % 4));
    const arrays = {
      x: { dtype: 'i8' as const, dims: [SAMPLES, TOKENS], data: ids },
      y: { dtype: 'i8' as const, dims: [SAMPLES], data: labels },
    };
    await writeFile(join(folder, 'data.npz'), writeNpz(arrays));
    const split = { file: 'data.npz' };
    const manifest = {
      name: 'tokens',
      inputs: { ids: { array: 'x' } },
      labels: { array: 'y', classes: 4 },
      splits: { train: split, test: split, calibration: split },
    };
    await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
    data = await openDataset(folder);
  });

  afterAll(async () => {
    await data.close();
    await rm(folder, { recursive: true });
  });

  const contextOf = (model: ModelProto): PassContext =>
    stageContext(model, { baseline, history: [baseline], data, outputPath: folder });
  const steps = async (given: Partial<QuantizeOptions>) => {
    const stored = await quantizePass.run(contextOf(readModel(baseline)), QuantizeOptions.parse(given));
    const before = writeModel(stored.model!);
    const options = DistillOptions.parse({ epochs: 60, learningRate: 0.01, alpha: 1, outputs: { logits: 'mse' } });
    return { before, trained: await distillPass.run(contextOf(readModel(before)), options) };
  };
  const rowsOf = (model: ModelProto) => {
    const graph = new Graph(model);
    const lookUp = graph.nodes.find(({ opType }) => opType.startsWith('Gather'))!;
    return graph.initializer(lookUp.input[0]!)!;
  };

  it('is distilled in its storage: rows of the table move to where they make up for coarse weights', async () => {
    const { before, trained } = await steps({ weightBits: 2 });
    const exact = await outputOf(readModel(baseline));
    const [coarse, better] = [await outputOf(readModel(before)), await outputOf(trained.model!)];
    expect(snrDb(exact, better)!).toBeGreaterThan(snrDb(exact, coarse)! + 3);
    const [old, rows] = [rowsOf(readModel(before)), rowsOf(trained.model!)];
    expect(rows.dataType).toBe(DataType.INT8);
    expect(tensorData(rows)).not.toEqual(tensorData(old));
  });

  it.each([
    ['static', false],
    ['static', true],
    ['weightOnly', false],
  ] as const)('that is a weight too is trained as one, scheme %s, scales learned: %s', async (scheme, learnScales) => {
    const subject = tiedNet();
    const original = writeModel(subject);
    const options = QuantizeOptions.parse({ scheme });
    const stored = (await quantizePass.run(contextOf(subject), options)).model!;
    const [old] = [rowsOf(readModel(writeModel(stored)))];
    const context = { ...contextOf(stored), baseline: original, history: [original] };
    const training = { epochs: 2, learningRate: 0.02, alpha: 1, outputs: { logits: 'mse' }, learnScales } as const;
    const trained = (await distillPass.run(context, DistillOptions.parse(training))).model!;
    const rows = rowsOf(trained);
    expect(tensorData(rows)).not.toEqual(tensorData(old));
    const graph = new Graph(trained);
    expect(graph.proto.initializer.filter(({ dims }) => dims.length === 2 && dims.includes(BigInt(ROWS)))).toHaveLength(
      scheme === 'static' ? 1 : 2,
    );
    expect(
      graph
        .consumers(rows.name)
        .map(({ node }) => node.opType)
        .sort(),
    ).toEqual(scheme === 'static' ? ['DequantizeLinear', 'Gather'] : ['Cast', 'Gather']);
    expect(snrDb(await outputOf(readModel(original)), await outputOf(trained))!).toBeGreaterThan(15);
  });

  it('in blocks of 4 bits stays as it is, which is said', async () => {
    const { before, trained } = await steps({ weightBits: 4, target: 'onnxruntime' });
    expect(tensorData(rowsOf(trained.model!))).toEqual(tensorData(rowsOf(readModel(before))));
    const said = trained.skipped.map(({ reason }) => reason);
    expect(said).toContainEqual(expect.stringMatching(/GatherBlockQuantized/));
  });
});
