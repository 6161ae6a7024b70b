import { QuantizeOptions } from '#contracts';
import { float32, type HostTensors } from '#inference';
import { Graph, GraphBuilder, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { compareOutputs } from './output-check.js';
import { quantizeModel } from '../schemes/quantize-model.js';
import { probabilityOutputs } from '../emit/probabilities.js';

const noise = (count: number, seed: number, size = 1) => {
  const random = randomNumbers(seed);
  return Float32Array.from({ length: count }, () => size * (random() + random() + random() - 1.5));
};
const rows = (): HostTensors[] => [1, 2, 3, 4].map((seed) => ({ x: float32([16, 16], noise(256, seed)) }));

/** Four columns, the first of which is ten thousand times as large. */
function largeColumn(rowCount: number, seed: number, size = 1e4): Float32Array {
  return noise(4 * rowCount, seed, 0.3).map((value, i) => (i % 4 === 0 ? value * size : value));
}

/** X -> Gemm -> Relu -> a head whose first column is large, as `finish` ends it. */
function headed(opType: 'Gemm' | 'MatMul', finish: (b: GraphBuilder, head: string) => void): ModelProto {
  const b = new GraphBuilder('t');
  const hidden = b.op('Relu', [
    b.op('Gemm', [b.input('x', ['n', 16]), b.float(noise(256, 11, 0.3), [16, 16]), b.float(noise(16, 12, 0.1))]),
  ]);
  const bias = opType === 'Gemm' ? [b.float([100, 0.1, -0.1, 0.2])] : [];
  finish(b, b.op(opType, [hidden, b.float(largeColumn(16, 13), [16, 4]), ...bias]));
  return b.build();
}

const whole = (b: GraphBuilder, head: string) =>
  void b.op('Identity', [head], {}, { outputs: [b.output('y', ['n', 4])] });

async function quantized(model: ModelProto, given: Partial<QuantizeOptions> = {}) {
  return quantizeModel(readModel(writeModel(model)), QuantizeOptions.parse(given), () => rows, { threads: 1, seed: 0 });
}

describe('outputs of different scale', () => {
  it('are told by output, and the reported figure is the least of them', async () => {
    const { outputs, outputSnrDb } = await quantized(
      headed('MatMul', (b, head) => {
        b.op('Slice', [head, b.ints([0]), b.ints([1]), b.ints([1])], {}, { outputs: [b.output('position', ['n', 1])] });
        b.op('Slice', [head, b.ints([1]), b.ints([4]), b.ints([1])], {}, { outputs: [b.output('classes', ['n', 3])] });
      }),
    );
    expect(outputs?.map(({ output }) => output)).toEqual(['position', 'classes']);
    expect(outputSnrDb).toBe(Math.min(...(outputs ?? []).map(({ snrDb }) => snrDb ?? Infinity)));
    outputs?.forEach(({ snrDb }) => expect(snrDb).toBeGreaterThan(28));
  });

  it('are warned of by channel where one output holds them all and a grid cannot', async () => {
    // A Relu behind the head ties both ends to one grid, which the next layer reads.
    const { warnings, outputs } = await quantized(
      headed('Gemm', (b, head) => {
        const joined = b.op('Gemm', [
          b.op('Relu', [head]),
          b.float([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [4, 4]),
        ]);
        whole(b, joined);
      }),
    );
    expect(outputs?.[0]?.snrDb).toBeGreaterThan(20);
    expect(warnings.find((warning) => warning.startsWith('POOR OUTPUTS'))).toMatch(
      /"y", channel [123] of axis 1 keeps/,
    );
  });

  it('end in floats behind a convolution, which says so, unless the options give it a width', async () => {
    const conv = () => {
      const b = new GraphBuilder('t');
      const image = b.op('Reshape', [b.input('x', ['n', 16]), b.ints([-1, 4, 2, 2])]);
      const hidden = b.op('Relu', [
        b.op('Conv', [image, b.float(noise(64, 21, 0.5), [16, 4, 1, 1]), b.float(noise(16, 22, 0.1))]),
      ]);
      const head = b.op('Conv', [
        hidden,
        b.float(
          noise(64, 23, 0.3).map((value, i) => (i < 16 ? value * 1e4 : value)),
          [4, 16, 1, 1],
        ),
        b.float(noise(4, 24, 0.1)),
      ]);
      const last = b.nodes.at(-1);
      if (last) last.name = 'head';
      ['position', 'classes'].forEach((name, i) =>
        b.op(
          'Slice',
          [head, b.ints([i]), b.ints([i === 0 ? 1 : 4]), b.ints([1])],
          {},
          { outputs: [b.output(name, ['n', i === 0 ? 1 : 3, 2, 2])] },
        ),
      );
      return b.build();
    };
    const { skipped, outputSnrDb } = await quantized(conv(), { minProducts: 0 });
    expect(skipped).toEqual([
      { node: 'head', opType: 'Conv', reason: expect.stringContaining('its output channels are of different order') },
    ]);
    expect(outputSnrDb).toBeGreaterThan(28);
    const forced = await quantized(conv(), { minProducts: 0, layerBits: { head: 8 } });
    expect(forced.skipped).toEqual([]);
    expect(forced.warnings.find((warning) => warning.startsWith('POOR OUTPUTS'))).toContain('"classes"');
  });

  it.each([
    { scheme: 'weightOnly' },
    { scheme: 'dynamic' },
    { scheme: 'weightOnly', target: 'onnxruntime' },
    { scheme: 'static' },
  ] as const)('keep every column of a weight its own scale with %j', async (given) => {
    const b = new GraphBuilder('t');
    const product = b.op('MatMul', [b.input('x', ['n', 16]), b.float(largeColumn(16, 6, 1e7), [16, 4])]);
    b.op('Mul', [product, b.float([1e-7, 1, 1, 1])], {}, { outputs: [b.output('y', ['n', 4])] });
    const { outputSnrDb, warnings } = await quantized(b.build(), given);
    expect(outputSnrDb).toBeGreaterThan(32);
    expect(warnings.join()).not.toContain('POOR');
  });

  it('are compared on each sample of each batch', async () => {
    const batches = () => [3, 5].map((size) => ({ x: float32([size, 16], noise(size * 16, size)) }));
    const [float, changed] = [1, 1.001].map((factor) => {
      const b = new GraphBuilder('t');
      b.op('Mul', [b.input('x', ['n', 16]), b.float([factor])], {}, { outputs: [b.output('y', ['n', 16])] });
      return writeModel(b.build());
    }) as [Uint8Array, Uint8Array];
    const { outputs, spread } = await compareOutputs(float, changed, batches, 1);
    expect(outputs.map(({ snrDb }) => snrDb)).toEqual([expect.closeTo(60, 1)]);
    expect(spread.judgedOn(true)).toMatchObject({ samples: 8, leastDb: expect.closeTo(60, 1) as number });
  });

  it('are no matter of probabilities, which a Softmax puts on one scale', () => {
    const model = headed('MatMul', (b, head) => {
      b.op('Reshape', [b.op('Softmax', [head]), b.ints([-1, 4])], {}, { outputs: [b.output('p', ['n', 4])] });
      b.op('Neg', [head], {}, { outputs: [b.output('q', ['n', 4])] });
    });
    expect([...probabilityOutputs(new Graph(model))]).toEqual(['p']);
  });
});
