import {
  DataType,
  capturedValues,
  constantTensor,
  dataTypeName,
  inferFrom,
  intAttribute,
  sizeTensor,
  subgraphs,
  type Graph,
  type GraphBuilder,
  type NodeProto,
  type Shapes,
  known,
  elementOf,
  outputOf,
} from '#onnx';
import { GradientArityError, MissingGradientError, UnsupportedGradientError, nameOf, type NodeName } from './errors.js';
import { GradientBuilder, type FloatType } from './gradient-builder.js';
import type { ValueNames, GradientRule } from './rule.js';
import { BROADCASTING, SEVERAL_OUTPUTS, WHOLE_OUTPUTS, findRule, hasZeroGradient } from './rules/index.js';

export interface GradientsWanted {
  /** The forward graph. */
  graph: Graph;
  /** Where gradient nodes are written; it holds the forward nodes already, as appendForward writes them. */
  builder: GraphBuilder;
  shapes: Shapes;
  /** Gradient of the loss by the values that the loss reads. */
  seeds: ReadonlyMap<string, string>;
  /** Values whose gradient is wanted: weights, inputs. */
  targets: readonly string[];
  elemType?: FloatType;
  /**
   * Channels of a block of the runtime's blocked layout, for rules that are faster in it; 0, the default, keeps to
   * standard operators.
   */
  block?: number;
  /** Is filled with the shapes of the values that are written, as far as they are known. */
  written?: Map<string, readonly number[]>;
}

/**
 * Writes the gradients of the targets into the builder and returns their names. Only nodes between a target and a seed
 * are touched; a target that no seed depends on has no entry. Throws MissingGradientError with every node in the way.
 */
export function addGradients(request: GradientsWanted): Map<string, string> {
  const { graph, builder, shapes, seeds, targets } = request;
  const active = activeValues(graph, targets);
  const missing = missingGradients(graph, [...seeds.keys()], targets, request.elemType);
  if (missing.length > 0) throw new MissingGradientError(missing);
  const { sizes } = inferFrom(graph, shapes);
  const size = (value: string) => (sizes.has(value) ? sizeTensor(value, known(sizes, value, 'sizes')) : undefined);
  const constant = (value: string) => constantTensor(graph, value) ?? size(value);
  const g = new GradientBuilder(
    builder,
    shapes,
    constant,
    request.elemType ?? DataType.FLOAT,
    request.block,
    request.written,
  );
  const pending = new Map([...seeds].map(([value, gradient]) => [value, [gradient]]));
  const collect = (value: string): string | null => {
    const parts = pending.get(value);
    if (!parts) return null;
    const total = parts.length === 1 ? elementOf(parts, 0, 'parts') : g.op('Sum', parts);
    pending.set(value, [total]);
    return g.note(total, g.dims(value));
  };
  for (const node of [...graph.nodes].reverse()) {
    if (!node.output.some((value) => pending.has(value)) || !node.input.some((value) => active.has(value))) continue;
    backward(node, g, node.output.map(collect), active, pending);
  }
  return new Map(
    targets.flatMap((target) => {
      const gradient = collect(target);
      return gradient === null ? [] : [[target, gradient]];
    }),
  );
}

/** Nodes between a target and an output that have no gradient rule: what {@link addGradients} would refuse. */
export function missingGradients(
  graph: Graph,
  outputs: readonly string[],
  targets: readonly string[],
  elemType: FloatType = DataType.FLOAT,
): NodeName[] {
  const between = nodesBetween(graph, outputs, targets);
  const castTo = (node: NodeProto) => `Cast to ${dataTypeName(castType(node)).toLowerCase()}`;
  return between
    .filter((node) => !findRule(node) || leavesType(node, elemType))
    .map((node) => (findRule(node) ? { ...nameOf(node), opType: castTo(node) } : nameOf(node)));
}

/** Whether the node goes on in floats of another type, which rules do not write. */
function leavesType(node: NodeProto, elemType: FloatType): boolean {
  return node.opType === 'Cast' && OTHER_FLOATS.has(castType(node)) && castType(node) !== elemType;
}

const castType = (node: NodeProto) => intAttribute(node, 'to', DataType.FLOAT);
const OTHER_FLOATS: ReadonlySet<number> = new Set([DataType.DOUBLE, DataType.FLOAT16, DataType.BFLOAT16]);

/**
 * Nodes between a target and an output whose rule wants sizes that are the same for every batch, where they follow from
 * the data.
 */
export function gradientsSizedByData(graph: Graph, outputs: readonly string[], targets: readonly string[]): NodeName[] {
  const told = toldByShapes(graph);
  return nodesBetween(graph, outputs, targets)
    .filter((node) => isSizedByData(node, told))
    .map(nameOf);
}

/**
 * Those of the targets that a gradient of an output leads back to; with `shapes`, none leads through a value without
 * elements.
 */
export function reachedTargets(
  graph: Graph,
  outputs: readonly string[],
  targets: readonly string[],
  shapes?: Shapes,
): Set<string> {
  const read = new Set([...outputs, ...nodesBetween(graph, outputs, targets, shapes).flatMap(inputsOf)]);
  return new Set(targets.filter((target) => read.has(target)));
}

/** Nodes through which a change of a target reaches an output, in graph order. */
function nodesBetween(
  graph: Graph,
  outputs: readonly string[],
  targets: readonly string[],
  shapes?: Shapes,
): NodeProto[] {
  const active = activeValues(graph, targets, shapes);
  const reached = new Set(outputs);
  const between: NodeProto[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.output.some((value) => reached.has(value) && active.has(value))) continue;
    for (const value of inputsOf(node)) if (active.has(value)) reached.add(value);
    between.push(node);
  }
  return between.reverse();
}

/** Inputs in which a rule wants numbers that are the same for every batch. */
const SIZED_BY: Record<string, readonly number[]> = { Slice: [1, 2, 3, 4], Pad: [1, 3], Resize: [2] };

function isSizedByData({ opType, input }: NodeProto, told: ReadonlySet<string>): boolean {
  return SIZED_BY[opType]?.some((index) => input[index] && !told.has(input[index])) ?? false;
}

/** Values that follow from constants and shapes: the same on every batch of one size. */
function toldByShapes(graph: Graph): Set<string> {
  const told = new Set(graph.proto.initializer.map(({ name }) => name));
  for (const { opType, input, output } of graph.nodes) {
    if (opType !== 'Shape' && opType !== 'Size' && !input.every((value) => value === '' || told.has(value))) continue;
    for (const value of output) told.add(value);
  }
  return told;
}

/** What a node reads, in its bodies too: the gradient of an If or Loop would have to go through those. */
function inputsOf(node: NodeProto): string[] {
  return [...node.input, ...subgraphs(node).flatMap((body) => [...capturedValues(body)])];
}

/** Values through which a change of a target reaches the rest of the graph. */
function activeValues(graph: Graph, targets: readonly string[], shapes?: Shapes): Set<string> {
  const active = new Set(targets);
  for (const node of graph.nodes) {
    if (hasZeroGradient(node) || !inputsOf(node).some((value) => active.has(value))) continue;
    node.output.forEach((value, i) => {
      if (value !== '' && !isWhole(node, i) && !shapes?.get(value)?.includes(0)) active.add(value);
    });
  }
  return active;
}

/** Whether an output holds no floats. */
function isWhole({ opType, domain }: NodeProto, output: number): boolean {
  return domain === '' && (WHOLE_OUTPUTS[opType]?.includes(output) ?? false);
}

function backward(
  node: NodeProto,
  g: GradientBuilder,
  dYs: (string | null)[],
  active: ReadonlySet<string>,
  pending: Map<string, string[]>,
): void {
  const isBeside = (dY: string | null, i: number) => i > 0 && dY !== null;
  const beside = SEVERAL_OUTPUTS.has(node.opType) ? -1 : dYs.findIndex(isBeside);
  if (beside > 0)
    throw new UnsupportedGradientError(
      nameOf(node),
      `the loss depends on its output "${node.output[beside]}", and only the first has a gradient`,
    );
  const rule = findRule(node) as GradientRule;
  const [x, y] = [padded(node.input), padded(node.output)];
  const gradients = rule({ node, g, x, y, dY: dYs[0] ?? zerosLike(g, outputOf(node)), dYs });
  node.input.forEach((value, index) => {
    // A value without elements has no gradient, and what it comes from none by it.
    if (!active.has(value) || g.dims(value).includes(0)) return;
    const gradient = gradients[index];
    if (gradient === undefined) throw new GradientArityError(nameOf(node), gradients.length, index);
    if (gradient === null) return;
    const dims = g.dims(value);
    const dX = BROADCASTING.has(node.opType) ? g.sumTo(gradient(), g.dims(outputOf(node)), dims) : gradient();
    pending.set(value, [...(pending.get(value) ?? []), g.note(dX, dims)]);
  });
}

/** The gradient of an output that nothing reads; none for one that the node leaves out. */
function zerosLike(g: GradientBuilder, output: string): string {
  return output === '' ? '' : g.expand(g.scalar(0), g.dims(output));
}

function padded(names: readonly string[]): ValueNames {
  const absent = Array<string>(Math.max(0, 6 - names.length)).fill('');
  return [...names, ...absent] as unknown as ValueNames;
}
