import { leftAlone } from '../../left-alone.js';
import type { Skipped } from '#contracts';
import { nodeLabel, DataType, intAttribute, tensorDims, type Graph, type NodeProto, dimOf } from '#onnx';
import type { Layer } from '../layers/layers.js';
import { producerScaling, type ProducerScaling, type ScaledConstant } from './producer-scaling.js';

/**
 * A value whose channels can be divided by any positive factors where it is made, and multiplied back in the weights
 * that read it.
 */
export interface ScaleSite {
  /** The value that the layers read. */
  value: string;
  channels: number;
  /** Elements of the value's last axis per channel: more than one behind a Flatten. */
  inner: number;
  /** The layer, norm or product that makes the channels. */
  producer: NodeProto;
  /** The weight of the producing layer; null where the producer is none. */
  producerWeight: ScaledConstant | null;
  divided: ScaledConstant[];
  readers: { layer: Layer; weight: ScaledConstant }[];
}

/**
 * Finds the inputs of layers that can be scaled by channel without changing the function, and says of the others why
 * not. Between the producer and the layers only what commutes with positive factors is passed: Relu and its kin, pools,
 * Flatten, additions of constants.
 */
export function findScaleSites(graph: Graph, layers: readonly Layer[]): { sites: ScaleSite[]; skipped: Skipped[] } {
  const sites: ScaleSite[] = [];
  const skipped: Skipped[] = [];
  for (const value of new Set(layers.map(({ input }) => input))) {
    const readers = layers.filter(({ input }) => input === value);
    const site = scaleSite(graph, value, readers);
    if (typeof site !== 'string') sites.push(site);
    else skipped.push(...readers.map(({ node }) => leftAlone(node, site)));
  }
  return { sites, skipped };
}

function scaleSite(graph: Graph, value: string, layers: readonly Layer[]): ScaleSite | string {
  if (graph.isOutput(value)) return `its input "${value}" is an output of the model`;
  const isLayer = (node: NodeProto) => layers.some((layer) => layer.node === node);
  const other = graph.consumers(value).find(({ node, index }) => index !== 0 || !isLayer(node));
  if (other)
    return (
      `its input "${value}" is read by ${other.node.opType} "${nodeLabel(other.node)}" too, whose weights cannot ` +
      'make up for a scale'
    );
  const [first] = layers as [Layer, ...Layer[]];
  const kinds = new Set(layers.map(({ node }) => node.opType === 'Conv'));
  if (kinds.size > 1 || layers.some(({ node }) => intAttribute(node, 'transA', 0) !== 0))
    return `the layers that read "${value}" count its channels along different axes`;
  const components = inputComponents(graph, first);
  const scaling = producerScaling(
    graph,
    value,
    first.node.opType === 'Conv'
      ? { axis: 'second', spatial: tensorDims(graph.tensor(first.weight)).length - 2 }
      : { axis: 'last' },
  );
  if (typeof scaling === 'string') return scaling;
  const inner = components / scaling.channels;
  if (!Number.isInteger(inner) || (inner !== 1 && !scaling.isFlattened))
    return (
      `its ${components} input components are not the ${scaling.channels} channels of ${scaling.producer.opType} ` +
      `"${nodeLabel(scaling.producer)}"`
    );
  const weightOf = (layer: Layer) => ({
    name: layer.weight,
    channelOf: inputChannel(graph, layer, components, inner),
  });
  const readers = layers.map((layer) => ({ layer, weight: weightOf(layer) }));
  const shared = sharedConstant(graph, [...scaling.divided, ...readers.map(({ weight }) => weight)]);
  if (shared) return `constant "${shared}" is read by several nodes`;
  return { value, inner, readers, ...pickScaling(scaling) };
}

function pickScaling({
  channels,
  producer,
  producerWeight,
  divided,
}: ProducerScaling): Pick<ScaleSite, 'channels' | 'producer' | 'producerWeight' | 'divided'> {
  return { channels, producer, producerWeight, divided };
}

function inputComponents(graph: Graph, { node, weight, axis }: Layer): number {
  const dims = tensorDims(graph.tensor(weight));
  return node.opType === 'Conv' ? dimOf(dims, 1) * intAttribute(node, 'group', 1) : dimOf(dims, 1 - axis);
}

/** The channel of the input that an element of a layer's weight multiplies. */
function inputChannel(
  graph: Graph,
  { node, weight, axis }: Layer,
  components: number,
  inner: number,
): (element: number) => number {
  const dims = tensorDims(graph.tensor(weight));
  if (node.opType !== 'Conv')
    return (element) => Math.floor((axis === 0 ? element % components : Math.floor(element / dimOf(dims, 1))) / inner);
  const [outputs, perGroup, ...kernel] = dims as [number, number, ...number[]];
  const window = kernel.reduce((product, dim) => product * dim, 1);
  const outputsPerGroup = (outputs * perGroup) / components;
  return (element) => {
    const output = Math.floor(element / (window * perGroup));
    return Math.floor(output / outputsPerGroup) * perGroup + (Math.floor(element / window) % perGroup);
  };
}

function sharedConstant(graph: Graph, constants: readonly ScaledConstant[]): string | null {
  const taken = constants.find(
    ({ name }) =>
      graph.consumers(name).length > 1 || graph.isOutput(name) || graph.initializer(name)?.dataType !== DataType.FLOAT,
  );
  return taken?.name ?? null;
}
