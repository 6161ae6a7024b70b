import { QuantizeOptions } from '#contracts';
import { float32, type HostTensors } from '#inference';
import { Graph, GraphBuilder, writeModel, type ModelProto } from '#onnx';
import { CHAIN_NET_SIZE, CHAIN_NETS, operatorCounts, randomNumbers, runtimeGraph } from '#testing';
import { quantizeModel } from '../schemes/quantize-model.js';
import { selectLayers } from '../layers/layers.js';
import { placePairs } from './placement.js';

const draw = randomNumbers(7);
const noise = (count: number) => Float32Array.from({ length: count }, () => draw() * 2 - 1);
const pictures = (): HostTensors => ({ x: float32([4, 3, CHAIN_NET_SIZE, CHAIN_NET_SIZE], noise(4 * 3 * 256)) });

async function quantized(model: ModelProto, given: Partial<QuantizeOptions> = {}) {
  const batches = [pictures(), pictures()];
  const options = QuantizeOptions.parse({ minProducts: 0, ...given });
  const report = await quantizeModel(model, options, () => () => batches, { threads: 1, seed: 0 });
  return { report, fused: operatorCounts(await runtimeGraph(writeModel(model))) };
}

/** Operators that compute on floats are those of no integer kernel. */
const CHANGES_TYPE = new Set(['QuantizeLinear', 'DequantizeLinear']);

describe('a net whose layers are joined by Sigmoid, Mul, Split, Concat, pools and shuffles', () => {
  it.each(Object.entries(CHAIN_NETS))('runs as integers from end to end: %s', async (_, net) => {
    const { report, fused } = await quantized(net());
    expect(fused).toMatchObject({ QuantizeLinear: 1, DequantizeLinear: 1 });
    const floats = Object.keys(fused).filter((opType) => ['Conv', 'Sigmoid', 'Mul', 'Add', 'Concat'].includes(opType));
    expect(floats).toEqual([]);
    expect(report.outputSnrDb).toBeGreaterThan(25);
  });

  it.each([
    { weightBits: 4 },
    { weightBits: 2 },
    { weightBits: 4, weightFormat: 'codebook' },
    { perChannel: false },
  ] as const)('does so at every width: %j', async (given) => {
    const { fused } = await quantized(CHAIN_NETS['EfficientNet']!(), given);
    expect(
      Object.keys(fused)
        .filter((opType) => CHANGES_TYPE.has(opType))
        .map((opType) => fused[opType]),
    ).toEqual([1, 1]);
  });

  it('has one grid for a Sigmoid, whatever the data', async () => {
    const model = CHAIN_NETS['YOLO']!();
    const sigmoids = new Graph(model).nodes.filter(({ opType }) => opType === 'Sigmoid').map(({ output }) => output[0]);
    const { activations } = (await quantized(model)).report;
    const grids = activations?.filter(({ value }) => sigmoids.includes(value));
    expect(grids).toHaveLength(sigmoids.length);
    grids?.forEach((grid) => expect(grid).toMatchObject({ scale: 1 / 256, zeroPoint: 0, saturation: 0 }));
  });
});

describe('a Concat copies integers instead of rounding them once more', () => {
  const conv = (b: GraphBuilder, value: string, from: number, size = 1) =>
    b.op('Conv', [
      value,
      b.float(
        noise(8 * from).map((weight) => weight * size),
        [8, from, 1, 1],
      ),
    ]);
  const joined = (join: (b: GraphBuilder, x: string) => string[]): ModelProto => {
    const b = new GraphBuilder();
    const parts = join(b, b.input('x', ['n', 3, CHAIN_NET_SIZE, CHAIN_NET_SIZE]));
    b.output(conv(b, b.op('Concat', parts, { axis: 1 }), 8 * parts.length));
    return b.build();
  };
  const gridsAround = async (model: ModelProto, given: Partial<QuantizeOptions> = {}) => {
    const [concat] = new Graph(model).nodes.filter(({ opType }) => opType === 'Concat');
    const [inputs, output] = [[...concat!.input], concat!.output[0]!];
    const { activations } = (await quantized(model, given)).report;
    const gridOf = (name: string) => {
      const found = activations!.find(({ value }) => value === name);
      return found && `${found.scale} ${found.zeroPoint}`;
    };
    return { inputs: inputs.map(gridOf), output: gridOf(output), activations: activations! };
  };

  it.each(['minmax', 'percentile', 'entropy'] as const)(
    'where nothing else reads what it joins: %s',
    async (calibration) => {
      const model = joined((b, x) => [conv(b, x, 3), conv(b, x, 3, 0.3)]);
      const { inputs, output } = await gridsAround(model, { calibration });
      expect(inputs).toEqual([output, output]);
    },
  );

  it('where something does, that keeps a grid of its own, and the widest is that of all', async () => {
    const model = joined((b, x) => {
      const [wide, narrow] = [conv(b, x, 3, 5), conv(b, x, 3, 0.3)];
      return [wide, narrow, conv(b, narrow, 8, 0.1)];
    });
    const { inputs, output } = await gridsAround(model);
    expect(inputs[0]).toBe(output);
    expect(inputs[1]).not.toBe(output);
    expect(inputs[2]).toBe(output);
  });

  it('a Relu keeps its zero, beside values below', async () => {
    const model = joined((b, x) => [b.op('Relu', [conv(b, x, 3)]), conv(b, x, 3)]);
    const { inputs, output } = await gridsAround(model);
    expect(inputs[0]).toMatch(/ 0$/);
    expect(output).not.toMatch(/ 0$/);
    expect((await quantized(model)).fused['Relu']).toBeUndefined();
  });

  it('ranges that are given stay', async () => {
    const model = joined((b, x) => [conv(b, x, 3), conv(b, x, 3, 0.3)]);
    const [concat] = new Graph(model).nodes.filter(({ opType }) => opType === 'Concat');
    const ranges = [{ value: concat!.output[0]!, min: -9, max: 9 }];
    const { activations } = await gridsAround(model, { ranges });
    expect(activations.find(({ value }) => value === ranges[0]!.value)).toMatchObject({ min: -9, max: 9 });
  });

  it('nodes that do the same are one', async () => {
    const pool = (b: GraphBuilder, x: string) => b.op('MaxPool', [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
    const model = joined((b, x) => {
      const first = conv(b, x, 3);
      return [first, pool(b, first), pool(b, pool(b, first))];
    });
    const { fused } = await quantized(model);
    expect(fused['NhwcMaxPool'] ?? fused['MaxPool']).toBe(2);
  });
});

/** Conv(x) -> `between` -> Conv, and the values that get a grid. */
function gridsOf(between: (b: GraphBuilder, value: string) => string): { model: ModelProto; values: string[] } {
  const b = new GraphBuilder();
  const conv = (value: string, from: number) => b.op('Conv', [value, b.float(noise(8 * from), [8, from, 1, 1])]);
  b.output(conv(between(b, conv(b.input('x', ['n', 3, 8, 8]), 3)), 8));
  const model = b.build();
  const graph = new Graph(model);
  const { layers } = selectLayers(graph, QuantizeOptions.parse({ minProducts: 0 }));
  return { model, values: placePairs(graph, layers).map(({ value }) => value) };
}

describe('nothing is rounded for a node that stays float', () => {
  it('a Sigmoid whose product has a float operand', () => {
    const { model, values } = gridsOf((b, value) => b.op('Mul', [b.op('Sigmoid', [value]), b.op('Tanh', [value])]));
    const graph = new Graph(model);
    const sigmoid = graph.nodes.find(({ opType }) => opType === 'Sigmoid')!;
    expect(values).not.toContain(sigmoid.output[0]);
    // The input and the output of the net, the first layer's output and what the second reads.
    expect(values).toHaveLength(4);
  });

  it('what a Resize computes between elements', () => {
    const resize = (mode: string) =>
      gridsOf((b, value) => b.op('Resize', [value, '', b.float([1, 1, 2, 2])], { mode })).model;
    const isOnGrid = (model: ModelProto) => {
      const graph = new Graph(model);
      const { layers } = selectLayers(graph, QuantizeOptions.parse({ minProducts: 0 }));
      const resized = graph.nodes.find(({ opType }) => opType === 'Resize')!.output[0];
      return placePairs(graph, layers).find(({ value }) => value === resized)?.source !== resized;
    };
    expect(isOnGrid(resize('nearest'))).toBe(true);
    expect(isOnGrid(resize('linear'))).toBe(false);
  });
});
