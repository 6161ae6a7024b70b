import { QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import { GraphBuilder, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { snrDb } from '../../quantization/grid/arithmetic.js';
import { quantizeDynamic } from '../../quantization/schemes/dynamic.js';
import { storeFloat16 } from '../../quantization/schemes/float16.js';
import { packBlockwise, unpackBlockwise } from '../../quantization/grid/matmul-nbits.js';
import { planQuantization } from '../../quantization/schemes/plan-quantization.js';
import { quantizeWeights } from '../../quantization/emit/weights-in-floats.js';

const [ROWS, WIDTH] = [256, 64];
const uniform = (count: number, seed: number) =>
  Float32Array.from(
    { length: count },
    (
      (random) => () =>
        random() - 0.5
    )(randomNumbers(seed)),
  );
const feeds: HostTensors = { x: float32([8, ROWS], uniform(8 * ROWS, 1)) };

/** X -> Gemm(transB) -> Relu -> MatMul -> Y */
function mlp(): ModelProto {
  const b = new GraphBuilder();
  b.input('x', ['n', ROWS]);
  const hidden = b.op('Relu', [
    b.op('Gemm', ['x', b.float(uniform(ROWS * WIDTH, 2), [WIDTH, ROWS]), b.float(uniform(WIDTH, 3))], { transB: 1 }),
  ]);
  b.op('MatMul', [hidden, b.float(uniform(WIDTH * 32, 4), [WIDTH, 32])], {}, { outputs: ['y'] });
  b.output('y', ['n', 32]);
  return b.build();
}

async function run(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  const { y } = await session.run(feeds);
  await session.release();
  return y!.data as Float32Array;
}

function planned(given: Partial<QuantizeOptions>) {
  const options = QuantizeOptions.parse(given);
  return { options, ...planQuantization(mlp(), options) };
}

describe('scheme weightOnly', () => {
  it.each([
    [{ weightBits: 8 }, 35],
    [{ weightBits: 4 }, 15],
    [{ weightBits: 2 }, 4],
    [{ weightBits: 4, weightFormat: 'codebook' }, 15],
    [{ weightBits: 4, target: 'onnxruntime' }, 18],
    [{ weightBits: 2, target: 'onnxruntime' }, 2],
  ] as [Partial<QuantizeOptions>, number][])('with %j runs with at least %p dB', async (given, snr) => {
    const { graph, layers, options } = planned({ scheme: 'weightOnly', ...given });
    await quantizeWeights(graph, layers, options, { seed: 0 });
    graph.removeDeadCode();
    expect(snrDb(await run(mlp()), await run(graph.model))!).toBeGreaterThan(snr);
  });

  it('emits MatMulNBits for onnxruntime and standard operators otherwise', async () => {
    const domains = async (target: QuantizeOptions['target']) => {
      const { graph, layers, options } = planned({ scheme: 'weightOnly', weightBits: 4, target });
      await quantizeWeights(graph, layers, options, { seed: 0 });
      return graph.nodes.filter((node) => node.domain !== '').map((node) => node.opType);
    };
    expect(await domains('onnxruntime')).toEqual(['MatMulNBits', 'MatMulNBits']);
    expect(await domains('portable')).toEqual([]);
  });
});

describe('scheme dynamic', () => {
  it('needs no data and stays close to the float output', async () => {
    const { graph, layers, options } = planned({ scheme: 'dynamic' });
    expect(quantizeDynamic(graph, layers, options)).toHaveLength(2);
    graph.removeDeadCode();
    expect(snrDb(await run(mlp()), await run(graph.model))!).toBeGreaterThan(30);
  });

  it('refuses narrower weights and names the schemes that have them', () => {
    expect(() => planned({ scheme: 'dynamic', weightBits: 4 })).toThrow('use static or weightOnly');
  });
});

describe('scheme float16', () => {
  it('halves what it stores and keeps the output', async () => {
    const { graph } = planned({ scheme: 'float16' });
    const before = writeModel(mlp()).length;
    const { tensors } = storeFloat16(graph);
    expect(tensors).toHaveLength(3);
    expect(writeModel(graph.model).length).toBeLessThan(before * 0.52);
    expect(snrDb(await run(mlp()), await run(graph.model))!).toBeGreaterThan(60);
  });

  it('leaves a tensor that float16 cannot hold', () => {
    const b = new GraphBuilder();
    b.input('x', [64]);
    b.op('Mul', ['x', b.float(new Float32Array(64).fill(1e6))], {}, { outputs: ['y'] });
    b.output('y', [64]);
    const plan = planQuantization(b.build(), QuantizeOptions.parse({ scheme: 'float16' }));
    expect(storeFloat16(plan.graph).skipped[0]!.reason).toContain('65504');
  });
});

describe('packBlockwise', () => {
  it.each([4, 2] as const)('at %p bits gives the largest weight of a block exactly and pads the last block', (bits) => {
    const values = uniform(300 * 3, 9);
    const packed = packBlockwise(values, 300, 3, bits, 128);
    expect(packed.dims).toEqual([3, 3, (128 * bits) / 8]);
    const back = unpackBlockwise(packed, 300, bits, 128);
    const column = Array.from({ length: 128 }, (_, row) => row * 3);
    const largest = column.reduce((best, at) => (Math.abs(values[at]!) > Math.abs(values[best]!) ? at : best));
    expect(back[largest]).toBeCloseTo(values[largest]!, 6);
    expect(back).toHaveLength(values.length);
  });
});
