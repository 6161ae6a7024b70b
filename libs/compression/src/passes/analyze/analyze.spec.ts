import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnalyzeOptions } from '#contracts';
import { openDataset, writeNpz, type Dataset } from '#datasets';
import { GraphBuilder, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import type { PassContext } from '../../pass.js';
import { analyzePass } from './analyze.js';
import type { AnalyzedLayer } from './sensitivity-report.js';

const SIZE = 8;
const SAMPLES = 64;

/** x [n, 8] -> whole (a matrix of integers, exact at 4 bits) -> Relu -> rough (random) -> logits */
function model(): ModelProto {
  const random = randomNumbers(3);
  const b = new GraphBuilder();
  b.input('x', ['n', SIZE]);
  // Each column reaches ±7: the grid of 4 bits holds it exactly.
  const whole = Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i < SIZE ? 7 : Math.round(14 * random() - 7)));
  const hidden = b.op('Relu', [b.op('MatMul', ['x', b.float(whole, [SIZE, SIZE])])]);
  b.op(
    'MatMul',
    [
      hidden,
      b.float(
        Float32Array.from({ length: SIZE * 4 }, () => random() - 0.5),
        [SIZE, 4],
      ),
    ],
    {},
    { outputs: [b.output('logits', ['n', 4])] },
  );
  const built = b.build();
  built
    .graph!.node.filter(({ opType }) => opType === 'MatMul')
    .forEach((node, i) => (node.name = ['whole', 'rough'][i]!));
  return built;
}

describe('analyze', () => {
  let folder: string;
  let data: Dataset;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-'));
    const random = randomNumbers(5);
    await writeFile(
      join(folder, 'data.npz'),
      writeNpz({
        x: { dtype: 'f4', dims: [SAMPLES, SIZE], data: Float32Array.from({ length: SAMPLES * SIZE }, random) },
        y: { dtype: 'i8', dims: [SAMPLES], data: BigInt64Array.from({ length: SAMPLES }, (_, i) => BigInt(i % 4)) },
      }),
    );
    await writeFile(
      join(folder, 'dataset.json'),
      JSON.stringify({
        name: 'points',
        inputs: { x: { array: 'x' } },
        labels: { array: 'y', classes: 4 },
        splits: { calibration: { file: 'data.npz' } },
      }),
    );
    data = await openDataset(folder);
  });

  afterAll(async () => {
    await data.close();
    await rm(folder, { recursive: true });
  });

  const analyzed = async (
    given: Parameters<typeof AnalyzeOptions.parse>[0] = {},
    progress: PassContext['progress'] = () => undefined,
  ) => {
    const subject = model();
    const bytes = writeModel(subject);
    const result = await analyzePass.run(
      {
        model: readModel(bytes),
        baseline: bytes,
        history: [bytes],
        data,
        seed: 0,
        threads: 1,
        outputPath: folder,
        progress,
        log() {},
      },
      AnalyzeOptions.parse(given),
    );
    return { ...result, layers: result.summary['layers'] as AnalyzedLayer[] };
  };

  it('tells the layer that a width costs nothing from the one that it costs dear', async () => {
    const { model: changed, layers, summary } = await analyzed();
    expect(changed).toBeNull();
    const [whole, rough] = layers;
    expect(whole).toMatchObject({ node: 'whole', opType: 'MatMul', elements: SIZE * SIZE });
    expect(whole!.widths.find(({ bits }) => bits === 4)).toMatchObject({
      weightSnrDb: null,
      outputSnrDb: null,
      top1Drop: 0,
    });
    const [eight, four, two] = rough!.widths.map(({ outputSnrDb }) => outputSnrDb!) as [number, number, number];
    expect(eight).toBeGreaterThan(four + 12);
    expect(four).toBeGreaterThan(two + 6);
    expect(summary['verdict']).toMatch(/weights at 4 bits: rough causes 100 % of the noise/);
  });

  it('measures the input of each layer on its grid, alone', async () => {
    const { layers } = await analyzed({ samples: SAMPLES, calibration: 'minmax' });
    // 255 steps over the range of a uniform variable: 6.02 · 8 dB, a little less behind a Relu.
    for (const { activation } of layers) {
      expect(activation!.outputSnrDb!).toBeGreaterThan(40);
      expect(activation!.outputSnrDb!).toBeLessThan(60);
    }
    expect((await analyzed({ activations: false })).layers[0]!.activation).toBeUndefined();
  });

  it('counts in every step what it has done of how many', async () => {
    const told: string[] = [];
    await analyzed({ samples: 16, channels: {} }, (_fraction, message) => void (message && told.push(message)));
    const steps = [
      'sensitivity of weights: trial 2 of 2',
      'sensitivity of activations: 2 layers',
      'channels: trial 1 of',
    ];
    for (const step of steps)
      expect(told).toContainEqual(expect.stringMatching(new RegExp(`^${step}.* \\d+ of \\d+ samples$`)) as unknown);
  });

  it('leaves a table and a plot beside the model', async () => {
    const { files, layers } = await analyzed({ widths: [4] });
    expect(files).toEqual(['sensitivity.json', 'sensitivity.svg']);
    expect(JSON.parse(await readFile(join(folder, 'sensitivity.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(layers)),
    );
    expect(await readFile(join(folder, 'sensitivity.svg'), 'utf8')).toContain('weight at 4 bits');
  });

  it('lists in preflight what it does not try', () => {
    const { preflight } = analyzePass;
    expect(preflight(model(), AnalyzeOptions.parse({ exclude: ['rough'] }))).toEqual([
      expect.objectContaining({ node: 'rough', reason: 'excluded by the options' }),
    ]);
  });
});
