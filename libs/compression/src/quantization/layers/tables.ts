import { leftAlone } from '../../left-alone.js';
import type { QuantizeOptions, Skipped } from '#contracts';
import {
  nodeLabel,
  DataType,
  elementCount,
  intAttribute,
  intsAttribute,
  isSameEveryRun,
  type Graph,
  type NodeProto,
} from '#onnx';
import { entryFor, isNamed } from '../../name-pattern.js';
import { floatConstant } from '../../rewrites/widened-constants.js';
import { levelBits } from '../grid/weight-grid.js';
import { LEAST_ELEMENTS, storedFloat } from './float-constants.js';
import { floatReader, storedBehind } from './float-readers.js';
import type { Layer } from './layers.js';
import { tieTo, type StandingTable, type TieOptions } from './tied-tables.js';

/** A matrix of floats whose rows a Gather looks up: an embedding, learned positions. */
export interface LookUpTable extends StandingTable {
  /** Type of what the Gather gives. */
  dataType: DataType;
  /** The layer that multiplies by the same matrix and stores it for both. */
  tied?: Layer;
}

export type TableOptions = TieOptions & Pick<QuantizeOptions, 'opTypes' | 'exclude' | 'perChannel'>;

/** With fewer rows, scales per column take up what integers save. */
const LEAST_ROWS = 16;

/** Whether a node looks up rows of a float matrix. */
export function looksUpTable(graph: Graph, node: NodeProto): boolean {
  if (node.domain !== '' || node.opType !== 'Gather') return false;
  return intAttribute(node, 'axis', 0) === 0 && floatConstant(graph, node.input[0] ?? '')?.dims.length === 2;
}

/** Whether a node adds a float matrix: learned positions, for one. */
export function addsTable(graph: Graph, node: NodeProto): boolean {
  if (node.domain !== '' || node.opType !== 'Add') return false;
  return node.input.some((value) => (floatConstant(graph, value)?.dims.filter((dim) => dim > 1).length ?? 0) > 1);
}

/**
 * The tables that are stored as integers, those left alone with the reason, and what is stored otherwise than asked
 * for. `layers` are those whose weights will be integers: a table that anything else reads stays in the file, and a
 * copy would make it larger.
 */
export function selectTables(
  graph: Graph,
  layers: readonly Layer[],
  options: TableOptions,
): { tables: LookUpTable[]; skipped: Skipped[] } {
  const skipped: Skipped[] = [];
  const note = (node: NodeProto, reason: string) => skipped.push(leftAlone(node, reason));
  const wanted = graph.nodes.filter((node) => {
    if (!isLarge(graph, node)) return false;
    const reason = refusal(graph, node, options);
    if (reason !== null) note(node, reason);
    return reason === null;
  });
  const lookUps = new Set(wanted);
  const weightOf = new Map(layers.map(({ node, weightIndex }) => [node, weightIndex]));
  const tables = wanted.flatMap((node): LookUpTable[] => {
    const table = tableOf(graph, node, options);
    const keptBy = floatReader(graph, table.stored, (use) => {
      return weightOf.get(use.node) === use.index || (use.index === 0 && lookUps.has(use.node));
    });
    if (keptBy) note(node, `its table stays in floats for ${keptBy}: integers beside it would make the file larger`);
    if (keptBy) return [];
    const { tied, reason } = tieTo(graph, table, layers, options);
    if (reason) note(node, reason);
    else if (table.bits !== bitsAskedFor(node, options))
      note(node, `its table is stored at ${table.bits} bits: ${widthReason(options)}`);
    return [tied ? { ...table, tied } : table];
  });
  // Another node gives the output that a nameless look-up is known by.
  for (const { node } of tables) node.name = nodeLabel(node);
  return { tables, skipped };
}

/** Reads a float matrix that is worth a line, one way or the other. */
function isLarge(graph: Graph, node: NodeProto): boolean {
  if (node.domain !== '' || node.opType !== 'Gather') return false;
  const tensor = storedFloat(graph, node.input[0] ?? '');
  return tensor !== undefined && elementCount(tensor.dims) >= LEAST_ELEMENTS && tensor.dims.length > 1;
}

function refusal(graph: Graph, node: NodeProto, { opTypes, exclude, perChannel }: TableOptions): string | null {
  if (!opTypes.includes('Gather')) return 'opTypes does not list Gather';
  if (isNamed(node, exclude)) return 'excluded by the options';
  const constant = floatConstant(graph, node.input[0] ?? '');
  if (!constant || constant.dims.length !== 2) return 'its table is no matrix, and only those are stored as integers';
  if (intAttribute(node, 'axis', 0) !== 0) return 'it looks up columns: only tables of rows are stored as integers';
  if (isSameEveryRun(graph, node.input[1] ?? ''))
    return 'the rows that it looks up are always the same: the runtime has them ready in floats';
  const [rows] = constant.dims as [number, number];
  return perChannel && rows < LEAST_ROWS ? `its table has ${rows} rows: scales would take up what integers save` : null;
}

function tableOf(graph: Graph, node: NodeProto, options: TableOptions): LookUpTable {
  const { stored, carriers } = storedBehind(graph, node.input[0] ?? '');
  const [cast] = carriers.filter(({ opType }) => opType === 'Cast');
  const dataType = cast ? intAttribute(cast, 'to', DataType.FLOAT) : graph.tensor(stored).dataType;
  const transposes = carriers.filter(({ opType }) => opType === 'Transpose');
  const turns = transposes.map((turn) => `${intsAttribute(turn, 'perm')}`);
  const isNarrow = options.target === 'onnxruntime' && bitsAskedFor(node, options) < 8;
  return { node, stored, turns, dataType, bits: isNarrow ? 4 : 8 };
}

function bitsAskedFor(node: NodeProto, { layerBits, weightBits, weightFormat }: TableOptions): number {
  return levelBits({ weightBits: entryFor(layerBits, nodeLabel(node)) ?? weightBits, weightFormat });
}

function widthReason({ target }: TableOptions): string {
  if (target === 'onnxruntime') return 'its kernel looks up rows of 4 bits at the least';
  return 'kernels that look up narrower rows are those of target onnxruntime';
}
