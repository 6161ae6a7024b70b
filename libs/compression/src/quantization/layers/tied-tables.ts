import type { QuantizeOptions } from '#contracts';
import { nodeLabel, tensorDims, tensorToFloats, type Graph, type NodeProto } from '#onnx';
import { entryFor } from '../../name-pattern.js';
import { floatConstant } from '../../rewrites/widened-constants.js';
import { storedBehind } from './float-readers.js';
import type { Layer } from './layers.js';

export type TieOptions = Pick<
  QuantizeOptions,
  | 'scheme'
  | 'weightBits'
  | 'layerBits'
  | 'weightFormat'
  | 'target'
  | 'rounding'
  | 'equalize'
  | 'smoothing'
  | 'mixed'
  | 'encodings'
>;

/** A table as it stands in the file. */
export interface StandingTable {
  node: NodeProto;
  /** Name of the stored tensor, which others may read as well. */
  stored: string;
  /** How its axes are exchanged on the way to the Gather. */
  turns: string[];
  bits: 8 | 4;
}

/** Whose weight a table is, and what is to be said of it; neither where no layer has the same weight. */
export interface Tie {
  tied?: Layer;
  reason?: string;
}

/**
 * Marks the layers that multiply by the matrix of a table, whether the file has it once or, as exporters write it, once
 * more with its axes exchanged: such a weight is stored once for both, at 8 bits, which takes less than a narrow one and
 * a table of 8 bits beside it. Where the two have to differ, the reason is said.
 */
export function tieTo(graph: Graph, table: StandingTable, layers: readonly Layer[], options: TieOptions): Tie {
  const same = layers.filter((layer) => layer.node.opType !== 'Conv' && isSame(graph, table, layer));
  const [first] = same;
  if (!first) return {};
  const label = nodeLabel(first.node);
  const apart = whyApart(table, same, options);
  if (apart !== null)
    return { reason: `its table is stored apart from the weight of "${label}", which reads the same: ${apart}` };
  const isWider = (first.bits ?? options.weightBits) !== 8;
  for (const layer of same) {
    layer.tied = { isTurned: isTurned(graph, table, layer) };
    layer.bits = 8;
  }
  if (!isWider) return { tied: first };
  const reason = `its table is stored once, at 8 bits, with the weight of "${label}": two of them would take more`;
  return { tied: first, reason };
}

function whyApart({ turns, bits }: StandingTable, layers: readonly Layer[], options: TieOptions): string | null {
  const { scheme, rounding, equalize, smoothing, mixed, layerBits, weightFormat, encodings } = options;
  const isNamed = ({ node, bits: given }: Layer) => given ?? entryFor(layerBits, nodeLabel(node));
  if (scheme === 'dynamic') return 'scheme dynamic keeps a weight in the order in which it multiplies';
  if (weightFormat === 'ternary' || weightFormat === 'binary') return `weightFormat is ${weightFormat}`;
  if (bits !== 8) return 'rows that are looked up have blocks of their own below 8 bits';
  if (mixed || encodings || layers.some((layer) => (isNamed(layer) ?? 8) !== 8)) return 'its width is chosen apart';
  if (rounding === 'gptq' || rounding === 'adaround') return `${rounding} rounds a weight for what meets it`;
  if (equalize || smoothing !== undefined) return 'the weight is rescaled';
  return turns.length > 0 ? 'the table itself is turned' : null;
}

function isSame(graph: Graph, table: StandingTable, layer: Layer): boolean {
  if (storedBehind(graph, layer.weight).stored === table.stored) return true;
  const [own, theirs] = [graph.initializer(layer.weight), graph.initializer(table.stored)];
  if (!own || !theirs || own.dims.length !== 2 || table.turns.length > 0) return false;
  const [rows, columns] = tensorDims(theirs) as [number, number];
  const [first, second] = tensorDims(own) as [number, number];
  const isStraight = first === rows && second === columns;
  if (!isStraight && !(first === columns && second === rows)) return false;
  return isEqual(graph, table, layer, false) || isEqual(graph, table, layer, true);
}

/** Whether the layer's weight holds the table's values, with axes exchanged or not. */
function isEqual(graph: Graph, table: StandingTable, { weight }: Layer, turned: boolean): boolean {
  const { dims, values } = floatConstant(graph, table.node.input[0] ?? '')!;
  const [rows, columns] = dims as [number, number];
  const own = graph.initializer(weight)!;
  const [first] = tensorDims(own) as [number, number];
  if (first !== (turned ? columns : rows)) return false;
  const theirs = tensorToFloats(own);
  if (!turned) return theirs.every((value, i) => value === values[i]);
  return theirs.every((value, i) => value === values[(i % rows) * columns + Math.floor(i / rows)]);
}

function isTurned(graph: Graph, table: StandingTable, layer: Layer): boolean {
  const { stored, carriers } = storedBehind(graph, layer.weight);
  if (stored !== table.stored) return !isEqual(graph, table, layer, false);
  return carriers.filter(({ opType }) => opType === 'Transpose').length % 2 === 1;
}
