import {
  nodeLabel,
  DataType,
  intAttribute,
  tensorDims,
  tensorToFloats,
  type Graph,
  type NodeProto,
  inputOf,
  dimOf,
  elementOf,
} from '#onnx';

/** A float initializer that scaling a value channel by channel changes. */
export interface ScaledConstant {
  name: string;
  /** The channel that an element belongs to. */
  channelOf(element: number): number;
}

/** Where a value's channels lie: the second axis ahead of `spatial` others, or the last. */
export type ChannelPlace = { axis: 'second'; spatial: number | null } | { axis: 'last' };

/** The constants that divide a value's channels where they are made. */
export interface ProducerScaling {
  channels: number;
  producer: NodeProto;
  producerWeight: ScaledConstant | null;
  divided: ScaledConstant[];
  /** Whether a Flatten lies between, so that a channel is a run of components. */
  isFlattened: boolean;
}

/** Operators with f(x / s) = f(x) / s for s > 0, each channel by itself. */
const HOMOGENEOUS = new Set([
  'Relu',
  'LeakyRelu',
  'PRelu',
  'Identity',
  'Dropout',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
]);

type Step =
  | { done: Pick<ProducerScaling, 'channels' | 'producerWeight' | 'divided'> }
  | { next: string; divided: ScaledConstant[]; place: ChannelPlace };

/** Walks from a value up to what makes its channels; a text says what stands in the way. */
export function producerScaling(graph: Graph, value: string, place: ChannelPlace): ProducerScaling | string {
  const node = graph.producer(value);
  if (!node) return `its input "${value}" comes straight from outside`;
  const step = takeStep(graph, node, place);
  if (typeof step === 'string') return step;
  if ('done' in step) return { ...step.done, producer: node, isFlattened: false };
  if (graph.isOutput(step.next) || graph.consumers(step.next).length > 1)
    return `"${step.next}" on its way is read elsewhere too`;
  const above = producerScaling(graph, step.next, step.place);
  if (typeof above === 'string') return above;
  const mismatch = step.divided.find(
    ({ name }) => tensorDims(graph.tensor(name)).reduce((product, dim) => product * dim, 1) !== above.channels,
  );
  if (mismatch) return `constant "${mismatch.name}" does not hold one value per channel`;
  return {
    ...above,
    divided: [...above.divided, ...step.divided],
    isFlattened: above.isFlattened || node.opType === 'Flatten',
  };
}

function takeStep(graph: Graph, node: NodeProto, place: ChannelPlace): Step | string {
  if (node.domain !== '') return refusal(node, `is an operator of ${node.domain}`);
  if (HOMOGENEOUS.has(node.opType)) return { next: inputOf(node, 0), divided: [], place };
  const rule = STEPS[node.opType];
  return rule ? rule(graph, node, place) : refusal(node, 'does not commute with a scale');
}

/** What makes channels, or passes them in a way of its own. */
const STEPS: Record<string, (graph: Graph, node: NodeProto, place: ChannelPlace) => Step | string> = {
  Conv: (graph, node, place) =>
    place.axis === 'second' ? layerStep(graph, node, 0) : refusal(node, 'has its channels along another axis'),
  Gemm: (graph, node, place) =>
    place.axis === 'last'
      ? layerStep(graph, node, intAttribute(node, 'transB', 0) ? 0 : 1)
      : refusal(node, 'has its channels along another axis'),
  MatMul: (graph, node, place) =>
    place.axis === 'last' ? layerStep(graph, node, 1) : refusal(node, 'has its channels along another axis'),
  LayerNormalization: (graph, node, place) =>
    place.axis === 'last' && intAttribute(node, 'axis', -1) === -1
      ? normStep(graph, node)
      : refusal(node, 'does not normalize the last axis alone'),
  BatchNormalization: (graph, node, place) =>
    place.axis === 'second' ? normStep(graph, node) : refusal(node, 'has its channels along another axis'),
  InstanceNormalization: (graph, node, place) =>
    place.axis === 'second' ? normStep(graph, node) : refusal(node, 'has its channels along another axis'),
  Add: (graph, node, place) =>
    constantStep(graph, node, place, (constant, next) => ({ next, divided: [constant], place })),
  Mul: (graph, node, place) =>
    constantStep(graph, node, place, (constant) => ({
      done: { channels: count(graph, constant.name), producerWeight: null, divided: [constant] },
    })),
  Clip: (graph, node, place) => {
    const min = graph.initializer(node.input[1] ?? '');
    return min && tensorToFloats(min)[0] === 0 && !node.input[2]
      ? { next: inputOf(node, 0), divided: [], place }
      : refusal(node, 'clips at a fixed bound, which a scale would move');
  },
  Flatten: (_, node, place) =>
    place.axis === 'last' && intAttribute(node, 'axis', 1) === 1
      ? { next: inputOf(node, 0), divided: [], place: { axis: 'second', spatial: null } }
      : refusal(node, 'mixes channels with other axes'),
};

function refusal(node: NodeProto, why: string): string {
  return `${node.opType} "${nodeLabel(node)}" ahead of it ${why}`;
}

function count(graph: Graph, name: string): number {
  return tensorDims(graph.tensor(name)).reduce((product, dim) => product * dim, 1);
}

function layerStep(graph: Graph, node: NodeProto, axis: 0 | 1): Step | string {
  const tensor = graph.initializer(node.input[1] ?? '');
  if (!tensor || tensor.dataType !== DataType.FLOAT || (node.opType !== 'Conv' && tensor.dims.length !== 2))
    return refusal(node, 'has no constant float weight');
  const dims = tensorDims(tensor);
  const channels = dimOf(dims, axis);
  const inner = count(graph, tensor.name) / channels;
  const ofRow = (element: number) => Math.floor(element / inner);
  const ofColumn = (element: number) => element % channels;
  const weight: ScaledConstant = { name: tensor.name, channelOf: axis === 0 ? ofRow : ofColumn };
  const bias = node.opType === 'MatMul' ? '' : (node.input[2] ?? '');
  if (bias && (!graph.initializer(bias) || count(graph, bias) !== channels))
    return refusal(node, 'has a bias that is not one value per channel');
  return { done: { channels, producerWeight: weight, divided: [weight, ...(bias ? [byElement(bias)] : [])] } };
}

function normStep(graph: Graph, node: NodeProto): Step | string {
  const affine = node.input.slice(1, 3).filter((name) => name !== '');
  const sizes = affine.map((name) => (graph.initializer(name) ? count(graph, name) : NaN));
  if (affine.length === 0 || sizes.some((size) => !(size === sizes[0]))) return refusal(node, 'has no constant scale');
  return { done: { channels: elementOf(sizes, 0, 'sizes'), producerWeight: null, divided: affine.map(byElement) } };
}

function constantStep(
  graph: Graph,
  node: NodeProto,
  place: ChannelPlace,
  step: (constant: ScaledConstant, next: string) => Step,
): Step | string {
  const at = node.input.findIndex((name) => graph.initializer(name));
  if (at < 0) return refusal(node, 'joins two computed values');
  const [name, next] = [inputOf(node, at), inputOf(node, 1 - at)];
  if (count(graph, name) === 1 && node.opType === 'Mul') return { next, divided: [], place };
  return liesAlong(tensorDims(graph.tensor(name)), place)
    ? step(byElement(name), next)
    : refusal(node, 'has a constant that is not one value per channel');
}

/** Whether a constant varies along the channels' axis alone. */
function liesAlong(dims: readonly number[], place: ChannelPlace): boolean {
  const trailing = place.axis === 'last' ? 0 : place.spatial;
  if (trailing === null || dims.length <= trailing) return false;
  return dims.every((dim, i) => dim === 1 || i === dims.length - 1 - trailing);
}

function byElement(name: string): ScaledConstant {
  return { name, channelOf: (element) => element };
}
