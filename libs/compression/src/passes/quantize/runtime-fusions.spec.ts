import { QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import { Graph, GraphBuilder, writeModel, type ModelProto } from '#onnx';
import { randomNumbers, weightsExpandedAtRunTime } from '#testing';
import { snrDb } from '../../quantization/grid/arithmetic.js';
import { planQuantization } from '../../quantization/schemes/plan-quantization.js';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';
import { quantizeStatic } from '../../quantization/schemes/static.js';

/** Builds what stands in a test's graph at a place; gets the value to read and gives the value it writes. */
type Part = (b: GraphBuilder, x: string) => string;

const draw = randomNumbers(11);
const noise = (count: number, scale: number) => Float32Array.from({ length: count }, () => (draw() - 0.5) * scale);
const weight = (b: GraphBuilder, dims: readonly number[], fanIn: number) =>
  b.float(
    noise(
      dims.reduce((product, dim) => product * dim, 1),
      3 / Math.sqrt(fanIn),
    ),
    dims,
  );

const IN = 24;
const MID = 20;
const OUT = 12;

const matMul: Part = (b, x) => b.op('MatMul', [x, weight(b, [IN, MID], IN)]);
const addTo =
  (dims: readonly number[], order: 'right' | 'left' = 'right'): Part =>
  (b, x) => {
    const constant = b.float(
      noise(
        dims.reduce((product, dim) => product * dim, 1),
        2,
      ),
      dims,
    );
    return b.op('Add', order === 'right' ? [x, constant] : [constant, x]);
  };
const then =
  (...parts: Part[]): Part =>
  (b, x) =>
    parts.reduce((value, part) => part(b, value), x);
const op =
  (opType: string, attributes = {}, ...constants: number[]): Part =>
  (b, x) =>
    b.op(opType, [x, ...constants.map((value) => b.float(value))], attributes);
const gemm =
  (transB: 0 | 1, bias: readonly number[] | null, attributes = {}): Part =>
  (b, x) => {
    const w = weight(b, transB ? [MID, IN] : [IN, MID], IN);
    return b.op(
      'Gemm',
      [
        x,
        w,
        ...(bias
          ? [
              b.float(
                noise(
                  bias.reduce((product, dim) => product * dim, 1),
                  2,
                ),
                bias,
              ),
            ]
          : []),
      ],
      { transB, ...attributes },
    );
  };
/** Adds something that is computed from the input. */
const addResidual: Part = (b, x) => b.op('Add', [x, b.op('Slice', ['x', b.ints([0]), b.ints([MID]), b.ints([-1])])]);

/** Products in every form that exporters give them. */
const PRODUCTS: Record<string, Part> = {
  MatMul: matMul,
  'MatMul -> Add': then(matMul, addTo([MID])),
  'MatMul -> Add with the bias on the left': then(matMul, addTo([MID], 'left')),
  'MatMul -> Add [1, n]': then(matMul, addTo([1, MID])),
  'MatMul -> Add of one number': then(matMul, addTo([])),
  'MatMul -> Identity -> Add': then(matMul, op('Identity'), addTo([MID])),
  'MatMul -> Dropout -> Add': then(matMul, op('Dropout'), addTo([MID])),
  'MatMul -> Add of an activation': then(matMul, addResidual),
  'MatMul -> Mul -> Add': then(matMul, op('Mul', {}, 0.7), addTo([MID])),
  'MatMul -> Sub': then(matMul, (b, x) => b.op('Sub', [x, b.float(noise(MID, 2))])),
};

const GEMMS: Record<string, Part> = {
  Gemm: gemm(0, null),
  'Gemm, transposed': gemm(1, null),
  'Gemm with bias': gemm(0, [MID]),
  'Gemm with bias, transposed': gemm(1, [MID]),
  'Gemm with bias [1, n]': gemm(1, [1, MID]),
  'Gemm with a bias of one number': gemm(1, [1]),
  'Gemm with alpha': gemm(1, [MID], { alpha: 0.5 }),
  'Gemm without bias, with alpha': gemm(1, null, { alpha: 0.5 }),
  'Gemm -> Add': then(gemm(1, null), addTo([MID])),
  'Gemm with a computed bias': (b, x) =>
    b.op('Gemm', [x, weight(b, [IN, MID], IN), b.op('Slice', [x, b.ints([0]), b.ints([MID]), b.ints([-1])])]),
  'Gemm with bias -> Add': then(gemm(1, [MID]), addTo([MID])),
  'Gemm with bias -> Add of an activation': then(gemm(1, [MID]), addResidual),
};

/** What stands behind a product. */
const BEHIND: Record<string, Part> = {
  nothing: (_b, x) => x,
  Relu: op('Relu'),
  'Clip(0, 6)': op('Clip', {}, 0, 6),
  'Clip(-1, 1)': op('Clip', {}, -1, 1),
  LeakyRelu: op('LeakyRelu', { alpha: 0.1 }),
  PRelu: (b, x) => b.op('PRelu', [x, b.float(noise(MID, 1))]),
  Tanh: op('Tanh'),
  Sigmoid: op('Sigmoid'),
  HardSigmoid: op('HardSigmoid'),
  HardSwish: op('HardSwish'),
  Elu: op('Elu'),
  Gelu: op('Gelu'),
  Softplus: op('Softplus'),
  Softmax: op('Softmax', { axis: -1 }),
  'Sigmoid and Mul': (b, x) => b.op('Mul', [x, b.op('Sigmoid', [x])]),
  Mul: op('Mul', {}, 0.5),
  Split: (b, x) => b.op('Concat', b.ops('Split', 2, [x], { axis: -1, num_outputs: 2 }), { axis: -1 }),
  LayerNormalization: (b, x) =>
    b.op('LayerNormalization', [x, b.float(noise(MID, 1)), b.float(noise(MID, 1))], { axis: -1 }),
};

const { PRelu: _slopes, Split: _split, LayerNormalization: _norm, ...ON_IMAGES } = BEHIND;

const IMAGE_PRODUCTS: Record<string, Part> = {
  Conv: (b, x) => b.op('Conv', [x, weight(b, [MID, 3, 3, 3], 27)]),
  'Conv with bias': (b, x) => b.op('Conv', [x, weight(b, [MID, 3, 3, 3], 27), b.float(noise(MID, 2))]),
  'Conv -> Add': (b, x) =>
    b.op('Add', [b.op('Conv', [x, weight(b, [MID, 3, 3, 3], 27)]), b.float(noise(MID, 2), [1, MID, 1, 1])]),
  'Conv -> Mul': (b, x) =>
    b.op('Mul', [
      b.op('Conv', [x, weight(b, [MID, 3, 3, 3], 27), b.float(noise(MID, 2))]),
      b.float(noise(MID, 2), [1, MID, 1, 1]),
    ]),
};

type Dims = readonly (number | string)[];

interface Shape {
  dims: Dims;
  products: Record<string, Part>;
  behind: Record<string, Part>;
}

const SHAPES: Record<string, Shape> = {
  '[n, k]': { dims: ['n', IN], products: { ...PRODUCTS, ...GEMMS }, behind: BEHIND },
  '[n, 5, k]': { dims: ['n', 5, IN], products: PRODUCTS, behind: BEHIND },
  '[3, 5, k]': { dims: [3, 5, IN], products: PRODUCTS, behind: BEHIND },
  '[n, c, h, w]': { dims: ['n', 3, 6, 6], products: IMAGE_PRODUCTS, behind: ON_IMAGES },
  '[3, c, h, w]': { dims: [3, 3, 6, 6], products: IMAGE_PRODUCTS, behind: ON_IMAGES },
};

/** One net with a branch for everything behind a product; an output is named by what its branch is. */
function branches({ dims, behind }: Shape, product: string, first: Part): ModelProto {
  const b = new GraphBuilder();
  b.input('x', dims);
  const isImage = behind === ON_IMAGES;
  for (const [name, second] of Object.entries(behind)) {
    const value = then(first, second)(b, 'x');
    b.op('Identity', [value], {}, { outputs: [b.output(`${product}, ${name}`)] });
    const again = then(first, second)(b, 'x');
    const next = isImage
      ? b.op('Conv', [again, weight(b, [OUT, MID, 1, 1], MID)])
      : b.op('MatMul', [again, weight(b, [MID, OUT], MID)]);
    b.op('Identity', [next], {}, { outputs: [b.output(`${product}, ${name}, layer`)] });
  }
  return b.build();
}

/**
 * What is wrong with a quantized net: outputs whose weights are expanded at every run, and those with less signal to
 * noise than asked for.
 */
async function faultsOf(
  model: ModelProto,
  dims: Dims,
  given: Partial<QuantizeOptions>,
  leastSnrDb: number,
): Promise<string[]> {
  const float = writeModel(model);
  const feeds = [input(dims), input(dims)];
  const options = QuantizeOptions.parse({ minProducts: 0, biasCorrection: false, calibration: 'minmax', ...given });
  if (options.scheme === 'static')
    await quantizeStatic(planQuantization(model, options), options, () => feeds, {
      threads: 1,
      seed: 0,
      heldOut: null,
    });
  else await quantizeModel(model, options, null, { threads: 1, seed: 0 });
  const bytes = writeModel(model);
  const [exact, got] = [await run(float, feeds[0]!), await run(bytes, feeds[0]!)];
  const noisy = Object.entries(exact).map(([name, { data }]): [string, number] => [
    name,
    snrDb(data as Float32Array, got[name]!.data as Float32Array) ?? Infinity,
  ]);
  return [
    ...(await weightsExpandedAtRunTime(bytes)).map((weight) => `${weight}: ${outputBehind(new Graph(model), weight)}`),
    ...noisy.filter(([, snr]) => snr < leastSnrDb).map(([name, snr]) => `${name}: ${snr.toFixed(1)} dB`),
  ];
}

/** The output that a weight decides. */
function outputBehind(graph: Graph, weight: string): string {
  let [value] = weight.split(' ').slice(-1) as [string];
  for (let use = graph.consumers(value)[0]; use; use = graph.consumers(value)[0]) value = use.node.output[0]!;
  return value;
}

function input(dims: Dims): HostTensors {
  const fixed = dims.map((dim) => (typeof dim === 'number' ? dim : 4));
  return {
    x: float32(
      fixed,
      noise(
        fixed.reduce((product, dim) => product * dim, 1),
        2,
      ),
    ),
  };
}

async function run(bytes: Uint8Array, feeds: HostTensors): Promise<HostTensors> {
  const session = await Session.create(bytes);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

const allFaults = async ({ products, ...shape }: Shape, given: Partial<QuantizeOptions>, leastSnrDb: number) => {
  const faults: string[] = [];
  for (const [name, product] of Object.entries(products)) {
    faults.push(...(await faultsOf(branches({ products, ...shape }, name, product), shape.dims, given, leastSnrDb)));
  }
  return faults;
};

describe('no weight is expanded at run time, and no output lost, whatever the form of a product and whatever stands behind it', () => {
  it.each(Object.entries(SHAPES))('an input of shape %s', async (_name, shape) => {
    expect(await allFaults(shape, {}, 20)).toEqual([]);
  });
});

describe('no weight is expanded at run time at any width and with any scheme', () => {
  const some = (all: Record<string, Part>, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, all[name]!]));
  const shape: Shape = {
    dims: [3, IN],
    products: some({ ...PRODUCTS, ...GEMMS }, [
      'MatMul',
      'MatMul -> Add',
      'MatMul -> Add of an activation',
      'Gemm with bias',
      'Gemm with alpha',
    ]),
    behind: some(BEHIND, ['nothing', 'Relu', 'Clip(-1, 1)', 'Tanh', 'PRelu']),
  };
  it.each([
    [{ weightBits: 4 }, 8],
    [{ weightBits: 2 }, -10],
    [{ weightBits: 4, weightFormat: 'codebook' }, 8],
    [{ weightFormat: 'ternary' }, -10],
    [{ perChannel: false }, 20],
    [{ powerOfTwo: true }, 15],
    [{ weightsOnly: ['*'] }, 25],
    [{ weightsOnly: ['*'], weightBits: 4 }, 8],
    [{ scheme: 'dynamic' }, 20],
    [{ scheme: 'weightOnly' }, 25],
    [{ scheme: 'weightOnly', weightBits: 4 }, 8],
    [{ scheme: 'weightOnly', weightBits: 4, weightFormat: 'codebook' }, 8],
    [{ scheme: 'weightOnly', weightBits: 4, target: 'onnxruntime' }, 8],
    [{ scheme: 'float16' }, 50],
  ] satisfies [Partial<QuantizeOptions>, number][])('%j', async (given, leastSnrDb) => {
    expect(await allFaults(shape, given, leastSnrDb)).toEqual([]);
  });
});
