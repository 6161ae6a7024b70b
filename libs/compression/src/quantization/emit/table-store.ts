import {
  DataType,
  floatTensor,
  int64Tensor,
  GraphError,
  makeNode,
  makeTensor,
  type Graph,
  type NodeProto,
  inputOf,
  outputOf,
} from '#onnx';
import { floatConstant, type FloatConstant } from '../../rewrites/widened-constants.js';
import {
  channelLayout,
  channelMaxima,
  dequantizeSymmetric,
  quantizeSymmetric,
  snrDb,
  symmetricScales,
} from '../grid/arithmetic.js';
import { CONTRIB, importContrib } from './contrib.js';
import { blockTable, blockTableValues, TABLE_BLOCK } from '../grid/gather-blocks.js';
import { powerOfTwoScales } from '../grid/scale-search.js';
import { shortName } from './short-name.js';
import type { StoredNode } from './stored-node.js';
import type { LookUpTable } from '../layers/tables.js';
import type { TiedMatrices, TiedMatrix } from './tied-matrix.js';
import type { WeightReport } from './weight-report.js';

export interface TableStoreOptions {
  perChannel: boolean;
  powerOfTwo: boolean;
}

/** What is stored of a table, whoever looks it up. */
interface Integers {
  /** Inputs behind the row numbers or behind the looked up integers. */
  parameters: string[];
  integers: string;
  report: WeightReport;
  /** Whether each row has a scale of its own. */
  isOfRows?: boolean;
}

/** No product is summed up behind a table: the whole range is safe on every CPU. */
const LIMIT = 127;

/**
 * Stores tables as integers, each once however many Gathers look it up, and makes floats of the rows that a run asks
 * for:
 *
 *     Gather(W, ids)   becomes   Gather(W_int8, ids) -> DequantizeLinear(scale[columns], axis = -1)
 *                      or        GatherBlockQuantized(W_uint4, ids, scales, zeroPoints)              4 bits
 *                      or        Gather(W_int8, ids) -> Cast -> Mul(Gather(scale[rows, 1], ids))     a layer's weight
 *
 * A DequantizeLinear ahead of the Gather would expand the whole table at every run.
 */
export function storeTables(
  graph: Graph,
  tables: readonly LookUpTable[],
  options: TableStoreOptions,
  matrices: TiedMatrices = new Map(),
): StoredNode[] {
  const known = new Map<string, Integers>();
  return tables.map((table) => {
    const { node, bits } = table;
    const matrix = table.tied && matrices.get(table.tied);
    if (matrix) return rewire(graph, table, ofLayer(graph, node, matrix));
    const key = JSON.stringify([table.stored, table.turns, bits]);
    const stored = known.get(key) ?? (bits === 4 ? storeBlocks(graph, node) : storeColumns(graph, node, options));
    known.set(key, stored);
    return rewire(graph, table, stored);
  });
}

function rewire(
  graph: Graph,
  { node, bits, dataType }: LookUpTable,
  { integers, parameters, report, isOfRows }: Integers,
): StoredNode {
  const [ids, output] = [inputOf(node, 1), outputOf(node)];
  graph.setInput(node, 0, integers);
  if (bits === 4) asBlockGather(graph, node, parameters);
  let last = node;
  if (isOfRows) last = addRowScales(graph, node, ids, parameters[0]!);
  else if (bits === 8) last = addBehind(graph, node, 'DequantizeLinear', parameters, { axis: -1 });
  if (dataType !== DataType.FLOAT) last = addBehind(graph, last, 'Cast', [], { to: dataType });
  graph.setOutput(last, 0, output);
  return {
    node,
    input: ids,
    inputIndex: 1,
    output,
    report: { node: node.name, opType: 'Gather', input: ids, ...report },
  };
}

/** What a layer stored, with its scales of rows as a column. */
function ofLayer(graph: Graph, node: NodeProto, { integers, scale, axis, report }: TiedMatrix): Integers {
  if (axis !== 0) return { integers, parameters: [scale], report };
  if (graph.tensor(scale).dims.length === 2) return { integers, parameters: [scale], report, isOfRows: true };
  const axes = graph.addInitializer(int64Tensor(shortName(graph), [1], [1]));
  const column = graph.addNode(makeNode('Unsqueeze', [scale, axes.name], [shortName(graph)]), { before: node });
  return { integers, parameters: [outputOf(column)], report, isOfRows: true };
}

/** Multiplies looked up integers by the scales of their rows, which a DequantizeLinear behind a Gather cannot do. */
function addRowScales(graph: Graph, node: NodeProto, ids: string, scales: string): NodeProto {
  const cast = addBehind(graph, node, 'Cast', [], { to: DataType.FLOAT });
  const chosen = graph.addNode(makeNode('Gather', [scales, ids], [shortName(graph)], { axis: 0 }), { before: cast });
  return addBehind(graph, cast, 'Mul', [outputOf(chosen)], {});
}

/**
 * Adds a node that reads another's only output, under a new name; what the new one gives has to be named by the caller.
 */
function addBehind(
  graph: Graph,
  node: NodeProto,
  opType: string,
  parameters: string[],
  attributes: Record<string, number>,
): NodeProto {
  const between = shortName(graph);
  graph.setOutput(node, 0, between);
  return graph.addNode(makeNode(opType, [between, ...parameters], [shortName(graph)], attributes), { after: node });
}

function asBlockGather(graph: Graph, node: NodeProto, parameters: readonly string[]): void {
  const attributes = { bits: 4, block_size: TABLE_BLOCK, gather_axis: 0, quantize_axis: 1 };
  const { opType, domain, attribute } = makeNode('GatherBlockQuantized', [], [], attributes, { domain: CONTRIB });
  Object.assign(node, { opType, domain, attribute });
  parameters.forEach((parameter, i) => graph.setInput(node, 2 + i, parameter));
  importContrib(graph);
}

function storeColumns(graph: Graph, node: NodeProto, { perChannel, powerOfTwo }: TableStoreOptions): Integers {
  const { values, dims } = matrixOf(graph, node);
  const layout = channelLayout(dims, perChannel ? 1 : null);
  const widest = symmetricScales(channelMaxima(values, layout), LIMIT);
  const scales = powerOfTwo ? powerOfTwoScales(widest) : widest;
  const integers = quantizeSymmetric(values, layout, scales, LIMIT);
  const scale = graph.addInitializer(floatTensor(shortName(graph), perChannel ? [scales.length] : [], scales));
  return {
    integers: addIntegers(graph, node, DataType.INT8, dims, integers),
    parameters: [scale.name],
    report: { bits: 8, ...extent(scales), weightSnrDb: snrDb(values, dequantizeSymmetric(integers, layout, scales)) },
  };
}

function storeBlocks(graph: Graph, node: NodeProto): Integers {
  const { values, dims } = matrixOf(graph, node);
  const [rows, columns] = dims as [number, number];
  const table = blockTable(values, rows, columns);
  const shape = [rows, table.blocks];
  const scales = graph.addInitializer(floatTensor(shortName(graph), shape, table.scales));
  const zeroPoints = graph.addInitializer(makeTensor(shortName(graph), DataType.UINT4, shape, table.zeroPoints));
  return {
    integers: addIntegers(graph, node, DataType.UINT4, dims, table.integers),
    parameters: [scales.name, zeroPoints.name],
    report: { bits: 4, ...extent(table.scales), weightSnrDb: snrDb(values, blockTableValues(table, columns)) },
  };
}

function addIntegers(
  graph: Graph,
  node: NodeProto,
  type: DataType,
  dims: number[],
  data: Int8Array | Uint8Array,
): string {
  return graph.addInitializer(makeTensor(graph.freshName(`${node.input[0]}_rows`), type, dims, data)).name;
}

function matrixOf(graph: Graph, node: NodeProto): FloatConstant {
  const constant = floatConstant(graph, node.input[0] ?? '');
  if (!constant) throw new GraphError(`table "${node.input[0]}" is no constant`);
  return constant;
}

/** Of thousands of scales, too many to be arguments. */
function extent(scales: Float32Array): Pick<WeightReport, 'scaleMin' | 'scaleMax'> {
  return {
    scaleMin: scales.reduce((least, scale) => Math.min(least, scale)),
    scaleMax: scales.reduce((most, scale) => Math.max(most, scale)),
  };
}
