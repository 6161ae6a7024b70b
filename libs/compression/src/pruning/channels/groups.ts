import {
  subgraphs,
  capturedValues,
  type Graph,
  type GraphProto,
  type NodeProto,
  type Shapes,
  known,
  elementOf,
} from '#onnx';
import { isNamed } from '../../name-pattern.js';
import { Coordinates } from './coordinates.js';
import { LinkContext, Roles, describe } from './rules/rule.js';
import { ruleOf } from './rules/index.js';
import { unknownLayers } from './unknown-layers.js';
import type { BlockedChannels } from './blocked.js';

/** Channels that lie alike in the graph: each may be removed alone, all cut the same tensors along the same axes. */
export interface Group {
  /** The layers that make the channels, the first in graph order first. */
  producers: NodeProto[];
  /** Tensors that shrink, as value and axis, stored tensors and computed values alike. */
  members: { value: string; axis: number }[];
  /** What is removed at once, one entry each: a channel, or all channels of a head, by its class in the coordinates. */
  units: number[];
  /** Entries of the first producer's output axis that go with one unit: the width of an attention head, 1 for most. */
  width: number;
}

export interface Dependencies {
  coordinates: Coordinates;
  roles: Roles;
  groups: Group[];
  blocked: BlockedChannels[];
}

/**
 * Finds what can be removed from a graph, and what cannot and why. Every operator links the coordinates of its tensors
 * by its rule; an operator without one, and the graph's inputs and outputs, pin what they touch.
 */
export function findDependencies(
  graph: Graph,
  shapes: Shapes,
  exclude: readonly string[] = [],
  multipleOf = 1,
): Dependencies {
  const coordinates = new Coordinates(shapes);
  const roles = new Roles(graph);
  for (const { name } of graph.inputs) coordinates.pinValue(name, `graph input "${name}" keeps its shape`);
  for (const { name } of graph.outputs) coordinates.pinValue(name, `graph output "${name}" keeps its shape`);
  for (const node of graph.nodes) linkNode(new LinkContext(graph, node, coordinates, roles, multipleOf));
  for (const { value, node } of roles.producers) {
    if (isNamed(node, exclude)) coordinates.pinValue(value, `${describe(node)} is excluded`);
  }
  const { groups, blocked } = collect(graph, coordinates, roles);
  return { coordinates, roles, groups, blocked: [...blocked, ...unknownLayers(graph), ...bodies(graph)] };
}

const LAYERS: ReadonlySet<string> = new Set([
  'Conv',
  'ConvTranspose',
  'Gemm',
  'LSTM',
  'GRU',
  'RNN',
  'MatMul',
  'MatMulNBits',
]);

/** Nodes that hold layers in a body: what is inside stays. */
export function bodies(graph: Graph): BlockedChannels[] {
  return graph.nodes.flatMap((node) => {
    const layers = subgraphs(node).reduce((sum, body) => sum + layersIn(body), 0);
    return layers > 0 ? [{ node, reason: `the ${layers} layers inside its body are left alone` }] : [];
  });
}

function layersIn(body: GraphProto): number {
  return body.node.reduce(
    (sum, node) =>
      sum + (LAYERS.has(node.opType) ? 1 : 0) + subgraphs(node).reduce((inner, deeper) => inner + layersIn(deeper), 0),
    0,
  );
}

function linkNode(context: LinkContext): void {
  const { node, coordinates } = context;
  for (const body of subgraphs(node))
    for (const value of capturedValues(body)) coordinates.pinValue(value, `${describe(node)} reads it inside its body`);
  const rule = ruleOf(node);
  if (!rule)
    return node.opType === 'Constant' ? undefined : context.pinNode('is an operator that pruning does not know');
  const isUnknown = (value: string) => value !== '' && coordinates.dims(value) === undefined;
  const unknown = [...node.input, ...node.output].find(isUnknown);
  if (unknown !== undefined) return context.pinNode(`has "${unknown}", whose shape is unknown`);
  rule.link(context);
}

function collect(
  graph: Graph,
  coordinates: Coordinates,
  roles: Roles,
): { groups: Group[]; blocked: BlockedChannels[] } {
  const order = new Map(graph.nodes.map((node, i) => [node, i]));
  const produced = new Map<number, Set<NodeProto>>();
  const blocked = new Map<string, BlockedChannels>();
  for (const node of roles.computed) block(blocked, node, 'its weight is computed inside the graph, not stored');
  for (const { value, axis, node } of roles.producers) {
    const length = coordinates.dimsOf(value)[axis]!;
    if (length === 1) block(blocked, node, 'it makes a single channel');
    for (let i = 0; i < length && length > 1; i++) {
      const id = coordinates.at(value, axis, i);
      const reason = coordinates.pinned(id);
      if (reason !== undefined) block(blocked, node, reason);
      else addProducer(produced, coordinates.find(id), node);
    }
  }
  const groups = new Map<string, Group>();
  for (const [root, nodes] of produced) {
    const members = coordinates.placesOf(root).map(({ value, axis }) => ({ value, axis }));
    const key = members.map(({ value, axis }) => coordinates.at(value, axis, 0)).join();
    const group = groups.get(key) ?? {
      producers: [...nodes].toSorted((a, b) => known(order, a, 'order') - known(order, b, 'order')),
      members,
      units: [],
      width: 1,
    };
    group.units.push(root);
    groups.set(key, group);
  }
  for (const group of groups.values()) group.width = widthOf(group, coordinates, roles);
  return {
    groups: [...groups.values()].toSorted(
      (a, b) =>
        known(order, elementOf(a.producers, 0, 'producers'), 'order') -
        known(order, elementOf(b.producers, 0, 'producers'), 'order'),
    ),
    blocked: [...blocked.values()],
  };
}

function block(blocked: Map<string, BlockedChannels>, node: NodeProto, reason: string): void {
  const key = `${node.name}\0${node.output[0]}\0${reason}`;
  if (!blocked.has(key)) blocked.set(key, { node, reason });
}

function addProducer(produced: Map<number, Set<NodeProto>>, root: number, node: NodeProto): void {
  const nodes = produced.get(root);
  if (nodes) nodes.add(node);
  else produced.set(root, new Set([node]));
}

function widthOf({ producers, units }: Group, coordinates: Coordinates, roles: Roles): number {
  const unit = elementOf(units, 0, 'units');
  const made = roles.producers.find(
    ({ node, value, axis }) => node === producers[0] && touches(coordinates, value, axis, unit),
  )!;
  return indicesOf(coordinates, made.value, made.axis, unit).length / made.gates;
}

function touches(coordinates: Coordinates, value: string, axis: number, root: number): boolean {
  return indicesOf(coordinates, value, axis, root).length > 0;
}

/** Positions on an axis that belong to a class. */
export function indicesOf(coordinates: Coordinates, value: string, axis: number, root: number): number[] {
  return Array.from({ length: coordinates.dimsOf(value)[axis]! }, (_, i) => i).filter(
    (i) => coordinates.find(coordinates.at(value, axis, i)) === root,
  );
}
