import { QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import { cloneModel, Graph, GraphBuilder, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { snrDb } from '../grid/arithmetic.js';
import { equalizeLayers } from './equalize.js';
import { selectLayers } from '../layers/layers.js';
import { quantizeModel } from '../schemes/quantize-model.js';
import { smoothingFactors, smoothLayers, unsmoothable } from './smooth.js';

const random = randomNumbers(8);
const noise = (count: number, scale: (i: number) => number = () => 1) =>
  Float32Array.from({ length: count }, (_, i) => (random() - 0.5) * scale(i));
/** Channel ranges three decades apart, as folded batch norms leave them in depthwise nets. */
const wild = (channel: number) => 10 ** ((channel % 4) - 2);

const images = (): HostTensors => ({ x: float32([4, 3, 8, 8], noise(4 * 3 * 64)) });
const tokens = (): HostTensors => ({ x: float32([4, 6, 16], noise(4 * 96)) });

/** Conv -> Relu -> depthwise Conv -> Relu -> MaxPool -> Conv -> Relu -> Flatten -> Gemm, with wild channels. */
function depthwiseNet(activation: (b: GraphBuilder, x: string) => string = (b, x) => b.op('Relu', [x])): ModelProto {
  const b = new GraphBuilder();
  b.input('x', ['n', 3, 8, 8]);
  const named = (name: string, inputs: string[], attributes = {}) => {
    const output = b.op(name.startsWith('Gemm') ? 'Gemm' : 'Conv', inputs, attributes);
    b.nodes.at(-1)!.name = name;
    return output;
  };
  const first = activation(
    b,
    named(
      'Conv1',
      [
        'x',
        b.float(
          noise(16 * 27, (i) => wild(Math.floor(i / 27))),
          [16, 3, 3, 3],
        ),
        b.float(noise(16, wild)),
      ],
      { pads: [1, 1, 1, 1] },
    ),
  );
  const depthwise = activation(
    b,
    named(
      'Depthwise',
      [
        first,
        b.float(
          noise(16 * 9, (i) => 1 / wild(Math.floor(i / 9) + 1)),
          [16, 1, 3, 3],
        ),
        b.float(noise(16)),
      ],
      { group: 16, pads: [1, 1, 1, 1] },
    ),
  );
  const pooled = b.op('MaxPool', [depthwise], { kernel_shape: [2, 2], strides: [2, 2] });
  const grouped = activation(
    b,
    named(
      'Grouped',
      [
        pooled,
        b.float(
          noise(8 * 72, (i) => 1 / wild(Math.floor(i / 9) % 8)),
          [8, 8, 3, 3],
        ),
      ],
      { group: 2 },
    ),
  );
  b.output(
    named('Gemm', [b.op('Flatten', [grouped]), b.float(noise(32 * 5), [5, 32]), b.float(noise(5))], { transB: 1 }),
  );
  return b.build();
}

/**
 * LayerNormalization -> two MatMul, a gated sum, MatMul -> Add -> Relu -> MatMul, with outlier channels as language
 * models have them.
 */
function transformerBlock(): ModelProto {
  const b = new GraphBuilder();
  const gain = Float32Array.from({ length: 16 }, (_, i) => (i === 3 ? 60 : i === 11 ? 25 : 1));
  const normed = b.op('LayerNormalization', [b.input('x', ['n', 6, 16]), b.float(gain), b.float(noise(16))]);
  const project = (x: string, from: number, to: number) => b.op('MatMul', [x, b.float(noise(from * to), [from, to])]);
  const mixed = b.op('Mul', [project(normed, 16, 16), b.op('Sigmoid', [project(normed, 16, 16)])]);
  const hidden = b.op('Relu', [b.op('Add', [project(mixed, 16, 32), b.float(noise(32))])]);
  b.output(project(hidden, 32, 16));
  return b.build();
}

async function run(model: ModelProto, feeds: HostTensors): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  const [output] = Object.values(await session.run(feeds));
  await session.release();
  return Float32Array.from(output!.data as Float32Array);
}

const ALL = { opTypes: ['Conv', 'Gemm', 'MatMul'] as const, exclude: [], minProducts: 0 };

async function outputSnr(model: ModelProto, data: () => HostTensors, given: Partial<QuantizeOptions>): Promise<number> {
  const copy = cloneModel(model);
  const batches = [data(), data(), data()];
  await quantizeModel(copy, QuantizeOptions.parse({ calibration: 'minmax', ...given }), () => () => batches, {
    threads: 1,
    seed: 0,
  });
  // What calibration saw: an extreme that it did not see would be clipped, and tell more of the draw than of the
  // method.
  const feeds = batches[0]!;
  return snrDb(await run(model, feeds), await run(copy, feeds))!;
}

function expectSame(actual: Float32Array, expected: Float32Array): void {
  const peak = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * peak));
}

describe('equalizeLayers', () => {
  it('leaves the function of a net of plain, depthwise and grouped convolutions, pools and a Gemm as it was', async () => {
    const model = depthwiseNet();
    const [feeds, graph] = [images(), new Graph(cloneModel(model))];
    const skipped = equalizeLayers(graph, selectLayers(graph, ALL).layers);
    expect(writeModel(graph.model)).not.toEqual(writeModel(model));
    expectSame(await run(graph.model, feeds), await run(model, feeds));
    expect(skipped).toEqual([
      { node: 'Conv1', opType: 'Conv', reason: expect.stringContaining('comes straight from outside') },
    ]);
  });

  it('wins more than 10 dB on a depthwise net with wild channels and one scale per tensor', async () => {
    const model = depthwiseNet();
    const [plain, equalized] = [
      await outputSnr(model, images, { perChannel: false }),
      await outputSnr(model, images, { perChannel: false, equalize: true }),
    ];
    expect(equalized).toBeGreaterThan(plain + 10);
  });

  it('leaves layers behind Clip at 6 alone and names it', () => {
    const graph = new Graph(depthwiseNet((b, x) => b.op('Clip', [x, b.float(0), b.float(6)])));
    const skipped = equalizeLayers(graph, selectLayers(graph, ALL).layers);
    expect(skipped.map(({ node }) => node)).toEqual(['Conv1', 'Depthwise', 'Grouped', 'Gemm']);
    expect(skipped[1]!.reason).toMatch(/Clip .* clips at a fixed bound/);
  });

  it('leaves an input alone that an Add reads too', () => {
    const b = new GraphBuilder();
    const conv = b.op('Relu', [b.op('Conv', [b.input('x', ['n', 3, 8, 8]), b.float(noise(12), [4, 3, 1, 1])])]);
    b.output(b.op('Add', [conv, b.op('Conv', [conv, b.float(noise(16), [4, 4, 1, 1])])]));
    const graph = new Graph(b.build());
    expect(equalizeLayers(graph, selectLayers(graph, ALL).layers).at(-1)!.reason).toMatch(/read by Add/);
  });
});

describe('smoothLayers', () => {
  it('leaves the function of a transformer block as it was and names what it cannot reach', async () => {
    const model = transformerBlock();
    const [feeds, graph] = [tokens(), new Graph(cloneModel(model))];
    const { layers } = selectLayers(graph, ALL);
    await smoothLayers(graph, layers, 0.5, () => [tokens()], { threads: 1 });
    expect(writeModel(graph.model)).not.toEqual(writeModel(model));
    expectSame(await run(graph.model, feeds), await run(model, feeds));
    expect(unsmoothable(graph, layers).map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/Mul .* joins two computed values/),
    ]);
  });

  it('wins on a block with outlier channels, in schemes static and dynamic', async () => {
    const model = transformerBlock();
    for (const scheme of ['static', 'dynamic'] as const) {
      const [plain, smoothed] = [
        await outputSnr(model, tokens, { scheme }),
        await outputSnr(model, tokens, { scheme, smoothing: 0.5 }),
      ];
      // 2 to 8 dB from five seeds.
      expect(smoothed).toBeGreaterThan(plain + 1);
    }
  });

  it('moves nothing at alpha 0 but the weights’ own ranges, and makes all activations alike at alpha 1', () => {
    const [activations, weights] = [Float64Array.of(8, 2, 0), Float64Array.of(2, 0.5, 1)];
    expect([...smoothingFactors(activations, weights, 0)]).toEqual([0.5, 2, 1]);
    expect([...smoothingFactors(activations, weights, 1)]).toEqual([8, 2, 1]);
  });
});
