import { QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import {
  nodeLabel,
  cloneModel,
  DataType,
  Graph,
  GraphBuilder,
  tensorData,
  tensorToFloats,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { snrDb } from '../grid/arithmetic.js';
import { UnknownLayerError } from '../../errors.js';
import { planQuantization } from '../schemes/plan-quantization.js';
import { quantizeModel } from '../schemes/quantize-model.js';
import { endLayers } from './scope.js';

const random = randomNumbers(3);
const noise = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);
const images = (): HostTensors => ({ x: float32([4, 3, 8, 8], noise(768)) });
const batches = [images(), images()];

/** stem -> Relu -> two branches -> Concat -> Flatten -> hidden -> Relu -> head */
function net(): ModelProto {
  const b = new GraphBuilder();
  const layer = (name: string, opType: 'Conv' | 'Gemm', x: string, dims: number[], attributes = {}) => {
    const output = b.op(
      opType,
      [x, b.float(noise(dims.reduce((product, dim) => product * dim, 1)), dims), b.float(noise(dims[0]!))],
      attributes,
    );
    b.nodes.at(-1)!.name = name;
    return output;
  };
  const stem = b.op('Relu', [layer('stem', 'Conv', b.input('x', ['n', 3, 8, 8]), [8, 3, 3, 3])]);
  const joined = b.op(
    'Concat',
    [layer('block/left', 'Conv', stem, [8, 8, 3, 3]), layer('block/right', 'Conv', stem, [8, 8, 3, 3])],
    { axis: 1 },
  );
  const hidden = b.op('Relu', [layer('hidden', 'Gemm', b.op('Flatten', [joined]), [16, 256], { transB: 1 })]);
  b.output(layer('head', 'Gemm', hidden, [4, 16], { transB: 1 }));
  return b.build();
}

/** Compared on what calibration saw: what it did not see may be clipped. */
async function quantized(given: Partial<QuantizeOptions>, float = net()) {
  const model = cloneModel(float);
  const report = await quantizeModel(model, QuantizeOptions.parse(given), () => () => batches, { threads: 1, seed: 0 });
  const feeds = batches[0]!;
  return {
    ...report,
    model,
    snr: snrDb(await run(float, feeds), await run(model, feeds))!,
    bits: Object.fromEntries(report.layers.map(({ node, bits }) => [node, bits])),
  };
}

async function run(model: ModelProto, feeds: HostTensors): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  const [output] = Object.values(await session.run(feeds));
  await session.release();
  return Float32Array.from(output!.data as Float32Array);
}

describe('the scope of quantize', () => {
  it('gives layers the width of their own name before that of a pattern', async () => {
    const { bits } = await quantized({ weightBits: 4, layerBits: { 'block/*': 2, 'block/right': 8 } });
    expect(bits).toEqual({ stem: 4, 'block/left': 2, 'block/right': 8, hidden: 4, head: 4 });
  });

  it('keeps the ends at 8 bits, unless they are named', async () => {
    expect((await quantized({ weightBits: 2, ends: 'bits8', layerBits: { head: 4 } })).bits).toEqual({
      stem: 8,
      'block/left': 2,
      'block/right': 2,
      hidden: 2,
      head: 4,
    });
  });

  it('keeps the ends float and says so', async () => {
    const { bits, skipped } = await quantized({ ends: 'float' });
    expect(Object.keys(bits)).toEqual(['block/left', 'block/right', 'hidden']);
    expect(skipped.map(({ node, reason }) => `${node}: ${reason}`)).toEqual([
      'stem: it is a first layer, which ends keeps float',
      'head: it is a last layer, which ends keeps float',
    ]);
  });

  it('finds several first and last layers where the graph branches', () => {
    const b = new GraphBuilder();
    const conv = (x: string, name: string) => {
      const output = b.op('Conv', [x, b.float(noise(9), [3, 3, 1, 1])]);
      b.nodes.at(-1)!.name = name;
      return output;
    };
    const [left, right] = [conv(b.input('x', ['n', 3, 8, 8]), 'first left'), conv('x', 'first right')];
    const middle = conv(b.op('Add', [left, right]), 'middle');
    b.output(conv(middle, 'last left'));
    b.output(conv(b.op('Relu', [middle]), 'last right'));
    expect([...endLayers(new Graph(b.build()))].map(([node, end]) => [nodeLabel(node), end])).toEqual([
      ['first left', 'first'],
      ['first right', 'first'],
      ['last right', 'last'],
      ['last left', 'last'],
    ]);
  });

  it('says of a layer that computes in floats which of its widths has no use', () => {
    const given = { weightsOnly: ['hidden', 'head'], layerActivationBits: { hidden: 16 } };
    const reasons = planQuantization(net(), QuantizeOptions.parse(given)).skipped.map(({ node, reason }) => [
      node,
      reason,
    ]);
    expect(Object.fromEntries(reasons)).toMatchObject({
      hidden: 'computes in floats, as weightsOnly says, so its 16 bits of layerActivationBits have no use',
      head: 'computes in floats, as weightsOnly says',
    });
  });

  it.each([{ layerBits: { hiden: 4 } }, { layerActivationBits: { hiden: 16 } }, { exclude: ['hiden'] }] as const)(
    'refuses %j, which names no layer, and suggests one',
    (given) => {
      expect(() => planQuantization(net(), QuantizeOptions.parse(given))).toThrow(UnknownLayerError);
      expect(() => planQuantization(net(), QuantizeOptions.parse(given))).toThrow('did you mean "hidden"?');
    },
  );
});

describe('widths and formats of quantize', () => {
  it('comes closer to the float output with 16-bit activations, and warns that they run in floats', async () => {
    const float = net();
    const [narrow, wide] = [
      await quantized({ reduceRange: false }, float),
      await quantized({ reduceRange: false, activationBits: 16 }, float),
    ];
    // 2 to 9 dB from four seeds.
    expect(wide.snr).toBeGreaterThan(narrow.snr + 1);
    expect(wide.activations!.every(({ bits }) => bits === 16)).toBe(true);
    expect(wide.warnings.join()).toMatch(/16-bit activations run in floats/);
  });

  it('puts single activations on 16 bits', async () => {
    const { activations, model } = await quantized({ layerActivationBits: { head: 16 } });
    expect(activations!.map(({ bits }) => bits).filter((bits) => bits === 16)).toHaveLength(1);
    expect(model.graph!.initializer.filter(({ dataType }) => dataType === DataType.UINT16)).toHaveLength(1);
  });

  it('stores binary weights as signs and reports the 2 bits they take', async () => {
    const { model, bits } = await quantized({ weightFormat: 'binary' });
    const stored = model.graph!.initializer.filter(({ name }) => name.endsWith('_quantized'));
    expect(stored).toHaveLength(5);
    for (const tensor of stored) expect(new Set(tensorData(tensor) as Int8Array)).toEqual(new Set([-1, 1]));
    expect(new Set(Object.values(bits))).toEqual(new Set([2]));
  });

  it('takes powers of two for every scale, of activations too', async () => {
    const { model, snr } = await quantized({ powerOfTwo: true });
    const names = new Set(
      model.graph!.node.filter(({ opType }) => /^(De)?[qQ]uantizeLinear$/.test(opType)).map(({ input }) => input[1]),
    );
    const scales = model
      .graph!.initializer.filter(({ name }) => names.has(name))
      .flatMap((tensor) => [...tensorToFloats(tensor)]);
    expect(scales.length).toBeGreaterThan(5);
    for (const scale of scales) expect(Number.isInteger(Math.log2(scale))).toBe(true);
    expect(snr).toBeGreaterThan(20);
  });
});

describe('QuantizeOptions', () => {
  it.each([
    { scheme: 'dynamic', rounding: 'gptq' },
    { weightBits: 4, weightFormat: 'codebook', rounding: 'adaround' },
    { scheme: 'float16', biasCorrection: true },
    { scheme: 'weightOnly', smoothing: 0.5 },
    { scheme: 'float16', equalize: true },
    { weightFormat: 'binary', weightBits: 4 },
    { weightFormat: 'codebook' },
    { codebookStart: 'random' },
    { scheme: 'dynamic', weightBits: 4 },
    { scheme: 'dynamic', powerOfTwo: true },
    { scheme: 'weightOnly', activationBits: 16 },
    { target: 'web', activationBits: 16 },
    { scheme: 'float16', ends: 'float' },
    { scheme: 'float16', exclude: ['head'] },
  ])('refuses %j, of which a part would be ignored', (given) => {
    const { success, error } = QuantizeOptions.safeParse(given);
    expect(success).toBe(false);
    expect(Object.keys(given)).toContain(error!.issues[0]!.path[0]);
  });
});
