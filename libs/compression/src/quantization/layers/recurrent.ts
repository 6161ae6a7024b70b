import { leftAlone } from '../../left-alone.js';
import type { QuantizeOptions, Skipped } from '#contracts';
import { nodeLabel, DataType, intAttribute, type Graph, type NodeProto } from '#onnx';
import { entryFor, isNamed } from '../../name-pattern.js';
import { floatConstant } from '../../rewrites/widened-constants.js';
import { LEAST_ELEMENTS } from './float-constants.js';
import { floatReader, storedBehind } from './float-readers.js';
import { endLayers } from './scope.js';

export type RecurrentOptions = Pick<
  QuantizeOptions,
  | 'scheme'
  | 'target'
  | 'opTypes'
  | 'exclude'
  | 'ends'
  | 'weightBits'
  | 'layerBits'
  | 'weightFormat'
  | 'activationBits'
  | 'layerActivationBits'
>;

/** Positions of what an LSTM multiplies by: for its input, and for its state. */
export const LSTM_WEIGHTS = [1, 2] as const;

/**
 * The LSTMs whose weights are stored as integers, those left alone with the reason, and what is stored otherwise than
 * asked for. Only the runtime's own operator runs them fast: behind a DequantizeLinear, weights would be expanded at
 * every run.
 */
export function selectRecurrent(
  graph: Graph,
  options: RecurrentOptions,
): { recurrent: NodeProto[]; skipped: Skipped[] } {
  const skipped: Skipped[] = [];
  const note = (node: NodeProto, reason: string) => skipped.push(leftAlone(node, reason));
  const ends = options.ends === 'float' ? endLayers(graph) : new Map<NodeProto, string>();
  const wanted = graph.nodes.filter((node) => {
    if (node.domain !== '' || node.opType !== 'LSTM') return false;
    const end = ends.get(node);
    const reason = refusal(graph, node, options) ?? (end ? `it is a ${end} layer, which ends keeps float` : null);
    if (reason !== null) note(node, reason);
    return reason === null;
  });
  const recurrent = wanted.filter((node) => {
    const keptBy = otherReader(graph, node, new Set(wanted));
    if (keptBy) note(node, `its weights stay in floats for ${keptBy}: integers beside them would make the file larger`);
    else if (isOtherwise(node, options)) note(node, 'its weights are stored at 8 bits: its kernel knows no others');
    return keptBy === null;
  });
  // Times of layers go by their names, before and after.
  for (const node of recurrent) node.name = nodeLabel(node);
  return { recurrent, skipped };
}

function refusal(graph: Graph, node: NodeProto, options: RecurrentOptions): string | null {
  const { scheme, target, opTypes, exclude, activationBits, layerActivationBits } = options;
  if (!opTypes.includes('LSTM')) return 'opTypes does not list LSTM';
  if (isNamed(node, exclude)) return 'excluded by the options';
  const form = formRefusal(graph, node);
  if (form !== null) return form;
  if (scheme === 'weightOnly') return 'this scheme has no integer kernel for LSTM: use scheme static or dynamic';
  if (target !== 'onnxruntime')
    return 'only DynamicQuantizeLSTM, an operator of the runtime, computes with integers: use target onnxruntime';
  const width = entryFor(layerActivationBits, nodeLabel(node)) ?? activationBits;
  return width === 8 ? null : `its kernel rounds activations to 8 bits, and ${width} are asked for`;
}

function formRefusal(graph: Graph, node: NodeProto): string | null {
  if (intAttribute(node, 'layout', 0) !== 0) return 'it has the batch first, which its integer kernel does not know';
  const weights = LSTM_WEIGHTS.map((index) => floatConstant(graph, node.input[index] ?? ''));
  const computed = LSTM_WEIGHTS.find((_index, i) => !weights[i]);
  if (computed !== undefined) {
    const isBefore = graph.producer(node.input[computed] ?? '')?.opType === 'DequantizeLinear';
    return isBefore ? 'its weights are quantized already' : 'its weights are computed at run time';
  }
  if (
    LSTM_WEIGHTS.some(
      (index) => (graph.initializer(node.input[index] ?? '')?.dataType ?? DataType.FLOAT) !== DataType.FLOAT,
    )
  )
    return 'it computes in another type than float, which its integer kernel does not know';
  const elements = weights.reduce((sum, weight) => sum + weight!.values.length, 0);
  return elements < LEAST_ELEMENTS ? 'its weights are so few that integers would not make the file smaller' : null;
}

/** What else reads one of its weights and keeps it in floats. */
function otherReader(graph: Graph, lstm: NodeProto, wanted: ReadonlySet<NodeProto>): string | null {
  for (const index of LSTM_WEIGHTS) {
    const { stored } = storedBehind(graph, lstm.input[index] ?? '');
    const reader = floatReader(graph, stored, (use) => wanted.has(use.node) && use.index === index);
    if (reader !== null) return reader;
  }
  return null;
}

function isOtherwise(node: NodeProto, { layerBits, weightBits, weightFormat }: RecurrentOptions): boolean {
  return weightFormat !== 'uniform' || (entryFor(layerBits, nodeLabel(node)) ?? weightBits) !== 8;
}
