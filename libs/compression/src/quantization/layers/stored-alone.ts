import type { QuantizeOptions } from '#contracts';
import { elementCount, inputOf, nodeLabel, type Graph, type NodeProto } from '#onnx';
import { isMask, isWave } from '../../training/form/constant-values.js';
import { isRawInput } from '../../training/form/surroundings.js';
import { entryFor, isNamed } from '../../name-pattern.js';
import { floatConstant, type FloatConstant } from '../../rewrites/widened-constants.js';
import { LEAST_ELEMENTS } from './float-constants.js';
import { floatReader, storedBehind } from './float-readers.js';
import type { Layer } from './layers.js';
import { endLayers } from './scope.js';

export type StoredAloneOptions = Pick<QuantizeOptions, 'opTypes' | 'exclude' | 'ends' | 'perChannel' | 'layerBits'>;

/** Where an operator without an integer kernel reads its weights, and their axis of channels. */
interface Holder {
  indices: readonly number[];
  axis(dims: readonly number[]): number;
}

const RECURRENT: Holder = { indices: [1, 2], axis: () => 1 };

const HOLDERS: Readonly<Record<string, Holder>> = {
  ConvTranspose: { indices: [1], axis: () => 1 },
  LSTM: RECURRENT,
  GRU: RECURRENT,
  RNN: RECURRENT,
  Add: { indices: [0, 1], axis: (dims) => dims.length - 1 },
};

/** With fewer elements on a scale, scales would take up what integers save. */
const LEAST_SHARED = 16;

/**
 * The weights of operators without an integer kernel, in order of the graph: kernels of ConvTranspose, weights of
 * recurrent layers but those of `taken`, and learned tables that are added (positions, relative ones of attention).
 * They are stored as integers and the runtime makes floats of them when it loads the file, so that nothing is slower
 * for it. What anything else reads as floats stays, and so do constants of the architecture: masks, waves, ramps and
 * coordinates, whose steps are finer than integers.
 */
export function selectAlone(graph: Graph, taken: ReadonlySet<NodeProto>, options: StoredAloneOptions): Layer[] {
  const ends = options.ends === 'float' ? endLayers(graph) : new Map<NodeProto, string>();
  const isAsked = (node: NodeProto) =>
    node.domain === '' &&
    Object.hasOwn(HOLDERS, node.opType) &&
    options.opTypes.some((opType) => opType === node.opType) &&
    !taken.has(node) &&
    !ends.has(node) &&
    !isNamed(node, options.exclude);
  const wanted = graph.nodes.filter(isAsked).flatMap((node) => weightsOf(graph, node, options));
  const isWanted = (node: NodeProto, index: number) =>
    wanted.some((layer) => layer.node === node && layer.weightIndex === index);
  const isKept = ({ weight }: Layer) =>
    floatReader(graph, storedBehind(graph, weight).stored, ({ node, index }) => isWanted(node, index)) !== null;
  const kept = new Set(wanted.filter(isKept).map(({ node }) => node));
  const alone = wanted.filter(({ node }) => !kept.has(node));
  // Pairs rename outputs, and a nameless node is known by its first one.
  for (const { node } of alone) node.name = nodeLabel(node);
  return alone;
}

function weightsOf(graph: Graph, node: NodeProto, { perChannel, layerBits }: StoredAloneOptions): Layer[] {
  const bits = entryFor(layerBits, nodeLabel(node));
  const { indices, axis } = HOLDERS[node.opType]!;
  return indices.flatMap((weightIndex): Layer[] => {
    const weight = node.input[weightIndex] ?? '';
    const constant = weight === '' ? undefined : floatConstant(graph, weight);
    if (!constant || !isWorthIt(constant, axis(constant.dims), perChannel)) return [];
    if (!constant.values.every(Number.isFinite)) return [];
    const input = inputOf(node, node.opType === 'Add' ? 1 - weightIndex : 0);
    if (node.opType === 'Add' && !isLearned(graph, node, input, constant)) return [];
    const layer = { node, input, weight, weightIndex, axis: axis(constant.dims), bias: null };
    return [{ ...layer, isWeightsOnly: true, ...(bits ? { bits } : {}) }];
  });
}

function isWorthIt({ dims }: FloatConstant, axis: number, perChannel: boolean): boolean {
  const elements = elementCount(dims);
  const isMatrix = dims.filter((dim) => dim > 1).length > 1;
  return isMatrix && elements >= LEAST_ELEMENTS && (!perChannel || elements >= LEAST_SHARED * dims[axis]!);
}

/**
 * Whether a constant that is added was trained: of the constants of an architecture most elements are repeated, but a
 * table of relative positions, which attention adds ahead of its Softmax, is a trained one spread out.
 */
function isLearned(graph: Graph, node: NodeProto, other: string, { values, dims }: FloatConstant): boolean {
  if (graph.initializer(other) || isRawInput(graph, other) || isMask(values, dims) || isWave(values, dims))
    return false;
  return 2 * new Set(values).size >= values.length || isAheadOfSoftmax(graph, node.output[0] ?? '');
}

/** Between the scores of attention and their Softmax a mask may be added, in another shape. */
function isAheadOfSoftmax(graph: Graph, value: string, steps = 4): boolean {
  return graph
    .consumers(value)
    .some(
      ({ node }) =>
        node.opType === 'Softmax' ||
        (steps > 0 && BETWEEN.has(node.opType) && isAheadOfSoftmax(graph, node.output[0] ?? '', steps - 1)),
    );
}

const BETWEEN: ReadonlySet<string> = new Set(['Add', 'Reshape', 'Unsqueeze']);
