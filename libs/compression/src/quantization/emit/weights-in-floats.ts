import type { QuantizeOptions } from '#contracts';
import { seededRandom } from '#numbers';
import {
  nodeLabel,
  DataType,
  floatTensor,
  makeNode,
  makeTensor,
  tensorDims,
  tensorToFloats,
  type Graph,
  elementOf,
} from '#onnx';
import { BiasCorrection } from '../rounding/bias-correction.js';
import { channelLayout, dequantizeSymmetric, snrDb } from '../grid/arithmetic.js';
import { CONTRIB, importContrib } from './contrib.js';
import { asTable, asWeight, type TiedMatrices, type TiedMatrix } from './tied-matrix.js';
import type { Layer } from '../layers/layers.js';
import { layerMatrix, plainProductRefusal, replaceProduct, transpose } from '../layers/matrix.js';
import { blockScales, packBlockwise, unpackBlockwise } from '../grid/matmul-nbits.js';
import { WeightRounding } from '../rounding/rounding.js';
import { chooseScales, gridEnds, levelBits, storedBits, toGrid, type WeightGridOptions } from '../grid/weight-grid.js';
import type { LayerReport } from '../report.js';
import { DONE_BY, type QuantizationRun } from '../run.js';

/** Rows that share a scale in MatMulNBits, and its integer accumulation: the fastest setting measured. */
const BLOCK_SIZE = 128;
const ACCURACY_LEVEL = 4;

/**
 * Stores weights narrow and computes in floats.
 *
 *     op(X, W)              becomes   op(X, Cast(W_int, FLOAT) · scale[C])          folded at load: float speed
 *     MatMul or Gemm(X, W)  becomes   MatMulNBits(X, W_blocks, scales) -> Add(B)     4 and 2 bits, target onnxruntime
 *
 * A DequantizeLinear would not be folded and would expand the weight on every run.
 */
export async function quantizeWeights(
  graph: Graph,
  layers: readonly Layer[],
  options: QuantizeOptions,
  run: LayerRun,
  rounding = new WeightRounding(),
  biases = new BiasCorrection(graph, null),
  matrices: TiedMatrices = new Map(),
): Promise<LayerReport[]> {
  const context: StoreContext = { graph, rounding, biases, known: new Map(), matrices };
  const gridOptions: WeightGridOptions = { ...options, reduceRange: false, random: seededRandom(run.seed) };
  const reports: LayerReport[] = [];
  run.work?.begin('storing weights', DONE_BY.weights, { count: layers.length, noun: 'layer' });
  for (const layer of layers) {
    const weightBits = layer.bits ?? options.weightBits;
    const isBlockwise =
      options.target === 'onnxruntime' &&
      (weightBits === 4 || weightBits === 2) &&
      options.weightFormat === 'uniform' &&
      plainProductRefusal(layer) === null;
    const outcome = isBlockwise
      ? await toBlocks(context, layer, weightBits)
      : await toProduct(context, layer, { ...gridOptions, weightBits }, options.perChannel);
    reports.push({
      node: nodeLabel(layer.node),
      opType: layer.node.opType,
      input: layer.input,
      bits: levelBits({ ...options, weightBits }),
      ...outcome,
    });
    run.work?.next();
  }
  return reports;
}

type LayerRun = Pick<QuantizationRun, 'seed' | 'work'>;

interface StoreContext {
  graph: Graph;
  rounding: WeightRounding;
  biases: BiasCorrection;
  /** Weights stored already, for other layers that read the same. */
  known: Map<string, KnownWeight>;
  /** What tables read too. */
  matrices: TiedMatrices;
}

/** A stored weight: the values that stand for it in the graph, and what it is read back as. */
interface KnownWeight {
  first: Layer;
  values: readonly string[];
  stored: Float32Array;
  outcome: Outcome;
  /** What a table reads of it. */
  matrix?: Omit<TiedMatrix, 'report'>;
}

type Outcome = Pick<LayerReport, 'scaleMin' | 'scaleMax' | 'weightSnrDb'>;

/** A weight that several layers read is stored once, rounded for the first of them. */
async function storedOnce(
  { known, rounding, graph }: StoreContext,
  layer: Layer,
  form: readonly unknown[],
  store: () => Promise<Omit<KnownWeight, 'first'>>,
): Promise<KnownWeight> {
  const key = JSON.stringify([layer.weight, layer.axis, ...form]);
  const found = known.get(key);
  if (found) rounding.share(layer, found.first);
  const weight = found ?? { first: layer, ...(await store()) };
  if (graph.consumers(layer.weight).length > 1) known.set(key, weight);
  return weight;
}

async function toProduct(
  context: StoreContext,
  layer: Layer,
  options: WeightGridOptions,
  perChannel: boolean,
): Promise<Outcome> {
  const { graph, rounding, biases } = context;
  const { node, weight, weightIndex } = layer;
  const tensor = graph.tensor(weight);
  const dims = tensorDims(tensor);
  const values = tensorToFloats(tensor);
  const known = await storedOnce(context, layer, ['product', options.weightBits], async () => {
    const axis = perChannel ? layer.axis : null;
    const layout = channelLayout(dims, axis);
    const [lowest, limit] = gridEnds(options);
    const own = chooseScales(values, layout, options);
    const scales = await rounding.scales({ layer, values, scales: own, lowest, limit });
    const grid = toGrid(await rounding.target({ layer, values, scales, lowest, limit }), layout, scales, options);
    const laid = asTable(layer, { dims, axis, integers: grid.integers });
    const shape = laid.axis === null ? [] : laid.dims.map((dim, i) => (i === laid.axis ? dim : 1));
    const scale = graph.addInitializer(floatTensor(graph.freshName(`${weight}_scale`), shape, grid.scales));
    const packed = { ...grid, integers: laid.integers };
    const unpacked = addUnpacked(graph, layer, laid.dims, packed, storedBits(options));
    const product = graph.freshName(`${weight}_dequantized`);
    graph.addNode(
      makeNode('Mul', [unpacked.floats, scale.name], [product], {}, { name: graph.freshName(`${weight}_Mul`) }),
      { before: node },
    );
    const output = asWeight(graph, layer, product, node);
    const stored = dequantizeSymmetric(grid.integers, layout, grid.scales);
    const matrix = { integers: unpacked.integers, scale: scale.name, axis: laid.axis };
    return { values: [output], stored, outcome: outcome(values, stored, grid.scales), matrix };
  });
  graph.setInput(node, weightIndex, elementOf(known.values, 0, 'values'));
  if (layer.tied && known.matrix)
    context.matrices.set(layer, { ...known.matrix, report: { bits: levelBits(options), ...known.outcome } });
  biases.correct(layer, values, known.stored);
  return known.outcome;
}

function addUnpacked(
  graph: Graph,
  { node, weight }: Layer,
  dims: readonly number[],
  grid: ReturnType<typeof toGrid>,
  bits: 8 | 4 | 2,
): { floats: string; integers: string } {
  const cast = (input: string, to: DataType) => {
    const output = graph.freshName(`${weight}_unpacked`);
    const name = graph.freshName(`${weight}_Cast`);
    graph.addNode(makeNode('Cast', [input], [output], { to }, { name }), { before: node });
    return output;
  };
  if (!grid.codebook) {
    const type = { 8: DataType.INT8, 4: DataType.INT4, 2: DataType.INT2 }[bits];
    const tensor = makeTensor(graph.freshName(`${weight}_quantized`), type, dims, grid.integers);
    const integers = graph.addInitializer(tensor).name;
    return { floats: cast(integers, DataType.FLOAT), integers };
  }
  const { entries, indices } = grid.codebook;
  const positions = graph.addInitializer(
    makeTensor(graph.freshName(`${weight}_indices`), bits === 2 ? DataType.UINT2 : DataType.UINT4, dims, indices),
  );
  const tensor = floatTensor(graph.freshName(`${weight}_codebook`), [entries.length], Float32Array.from(entries));
  const codebook = graph.addInitializer(tensor);
  const output = graph.freshName(`${weight}_shared`);
  const place = cast(positions.name, DataType.INT32);
  graph.addNode(
    makeNode('Gather', [codebook.name, place], [output], { axis: 0 }, { name: graph.freshName(`${weight}_Gather`) }),
    { before: node },
  );
  return { floats: output, integers: positions.name };
}

async function toBlocks(context: StoreContext, layer: Layer, bits: 4 | 2): Promise<Outcome> {
  const { graph, rounding, biases } = context;
  const { node, weight, input } = layer;
  const { values, rows, columns } = layerMatrix(graph, layer);
  const known = await storedOnce(context, layer, ['blocks', bits], async () => {
    const own = tensorToFloats(graph.tensor(weight));
    const ends = { lowest: -(2 ** (bits - 1)), limit: 2 ** (bits - 1) - 1 };
    const scales = blockScales(values, rows, columns, bits, BLOCK_SIZE);
    const task = { layer, values: own, scales, blockSize: BLOCK_SIZE, ...ends };
    const blockwise = await rounding.scales(task);
    const target = await rounding.target({ ...task, scales: blockwise });
    const byRows = layer.axis === 0 ? transpose(target, columns, rows) : target;
    const blocks = packBlockwise(byRows, rows, columns, bits, BLOCK_SIZE, blockwise);
    const packedTensor = makeTensor(graph.freshName(`${weight}_blocks`), DataType.UINT8, blocks.dims, blocks.packed);
    const packed = graph.addInitializer(packedTensor);
    const scaleTensor = floatTensor(graph.freshName(`${weight}_scales`), [columns, blocks.dims[1]], blocks.scales);
    const stored = unpackBlockwise(blocks, rows, bits, BLOCK_SIZE);
    return {
      values: [packed.name, graph.addInitializer(scaleTensor).name],
      stored,
      outcome: outcome(values, stored, blocks.scales),
    };
  });
  const product = graph.freshName(`${node.output[0]}_product`);
  const attributes = { K: rows, N: columns, bits, block_size: BLOCK_SIZE, accuracy_level: ACCURACY_LEVEL };
  const name = graph.freshName(`${weight}_MatMulNBits`);
  const inputs = [input, ...known.values];
  const blockwise = makeNode('MatMulNBits', inputs, [product], attributes, { name, domain: CONTRIB });
  graph.addNode(blockwise, { before: node });
  replaceProduct(graph, biases.correct(layer, values, known.stored, 1), product);
  importContrib(graph);
  return known.outcome;
}

function outcome(values: Float32Array, stored: Float32Array, scales: Float32Array): Outcome {
  const magnitudes = scales.map(Math.abs);
  const extremum = (pick: (a: number, b: number) => number) => magnitudes.reduce((best, value) => pick(best, value));
  return { scaleMin: extremum(Math.min), scaleMax: extremum(Math.max), weightSnrDb: snrDb(values, stored) };
}
