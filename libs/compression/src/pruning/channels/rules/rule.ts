import {
  DataType,
  int64Tensor,
  isSameEveryRun,
  makeTensor,
  tensorDims,
  tensorToNumbers,
  weightStorage,
  type Graph,
  type NodeProto,
  known,
  type Shapes,
} from '#onnx';
import { isStoredIntegers } from '../../importance/integer-weight.js';
import type { Coordinates } from '../coordinates.js';

/** What every rule sees of its node. Inputs that are left out read as rank 0. */
class NodeView {
  constructor(
    readonly graph: Graph,
    readonly node: NodeProto,
    readonly coordinates: Coordinates,
  ) {}

  input(index: number): string {
    return this.node.input[index] ?? '';
  }

  output(index = 0): string {
    return this.node.output[index] ?? '';
  }

  /** Dimensions of an input or output, [] when it is left out. */
  dims(value: string): readonly number[] {
    return this.coordinates.dims(value) ?? [];
  }

  /** Numbers of an input that is an initializer. */
  constant(index: number): number[] | undefined {
    return constantInput(this.graph, this.node, index);
  }
}

/** What a rule sees of its node while dependencies are traced. */
export class LinkContext extends NodeView {
  constructor(
    graph: Graph,
    node: NodeProto,
    coordinates: Coordinates,
    readonly roles: Roles,
    /** What counts of channels are to be multiples of. */
    readonly multipleOf = 1,
  ) {
    super(graph, node, coordinates);
  }

  link(a: string, axisA: number, b: string, axisB: number): void {
    this.coordinates.linkAxes(a, axisA, b, axisB);
  }

  /** Links all axes of two values of the same shape. */
  linkAll(a: string, b: string): void {
    const dims = this.dims(a);
    if (dims.length !== this.dims(b).length) return this.pinNode('changes the rank');
    const other = this.dims(b);
    dims.forEach((length, axis) => (length === other[axis] ? this.link(a, axis, b, axis) : this.pinPair(a, b, axis)));
  }

  /** Links a value to another that it broadcasts to, axes aligned at the end. */
  broadcast(value: string, to: string): void {
    const offset = this.dims(to).length - this.dims(value).length;
    this.dims(value).forEach((length, axis) => {
      if (length === this.dims(to)[axis + offset]) this.link(value, axis, to, axis + offset);
    });
  }

  pinAxes(value: string, axes: Iterable<number>, why: string): void {
    for (const axis of axes) this.coordinates.pinAxis(value, axis, `${describe(this.node)} ${why}`);
  }

  /** Keeps everything that the node touches. */
  pinNode(why: string): void {
    for (const value of [...this.node.input, ...this.node.output])
      this.coordinates.pinValue(value, `${describe(this.node)} ${why}`);
  }

  private pinPair(a: string, b: string, axis: number): void {
    this.pinAxes(a, [axis], 'changes this axis');
    this.pinAxes(b, [axis], 'changes this axis');
  }
}

/** What goes from a graph. */
export interface Removal {
  /** Classes of the coordinates. */
  removed: ReadonlySet<number>;
  /** The shape that each value has then. */
  shapes: Shapes;
  /** Constants made so far in the place of shared ones. */
  constants: Map<string, string>;
}

/** Entries of an axis that stay, by their old index. */
export function keptEntries(
  coordinates: Coordinates,
  value: string,
  axis: number,
  removed: ReadonlySet<number>,
): number[] {
  const length = coordinates.dimsOf(value)[axis] ?? 0;
  const start = length > 0 ? coordinates.at(value, axis, 0) : 0;
  const kept: number[] = [];
  for (let i = 0; i < length; i++) if (!removed.has(coordinates.find(start + i))) kept.push(i);
  return kept;
}

/** What a rule sees of its node after removal, to mend what the graph says about sizes in attributes and constants. */
export class MendContext extends NodeView {
  constructor(
    graph: Graph,
    node: NodeProto,
    coordinates: Coordinates,
    private readonly removal: Removal,
  ) {
    super(graph, node, coordinates);
  }

  /** Entries of an axis that stay, by their old index. */
  kept(value: string, axis: number): number[] {
    return keptEntries(this.coordinates, value, axis, this.removal.removed);
  }

  isChanged(value: string, axis: number): boolean {
    return this.newDims(value)[axis] !== this.dims(value)[axis];
  }

  newDims(value: string): readonly number[] {
    return known(this.removal.shapes, value, 'shapes');
  }

  /** The same view from another node: one that computes a size for this one. */
  on(node: NodeProto): MendContext {
    return new MendContext(this.graph, node, this.coordinates, this.removal);
  }

  /**
   * Puts other numbers where the node reads a constant: in place when nobody else reads it, else beside it, once for
   * all who need the same; `type` is the old one's.
   */
  setConstant(
    index: number,
    values: readonly number[],
    dims: readonly number[] = [values.length],
    type?: DataType,
  ): void {
    const old = this.input(index);
    const dataType = type ?? this.graph.initializer(old)?.dataType ?? DataType.INT64;
    const tensorOf = (name: string) =>
      dataType === DataType.INT32
        ? makeTensor(name, dataType, dims, Int32Array.from(values))
        : int64Tensor(name, dims, values);
    const key = JSON.stringify([old, dataType, dims, values]);
    const made = this.removal.constants.get(key);
    if (made !== undefined) return void this.graph.setInput(this.node, index, made);
    if (this.graph.consumers(old).length === 1 && hasShape(this.graph, old, dims))
      return void this.graph.replaceInitializer(tensorOf(old));
    const name = this.graph.freshName(`${old || this.output()}_pruned`);
    this.graph.addInitializer(tensorOf(name));
    this.graph.setInput(this.node, index, name);
    this.removal.constants.set(key, name);
  }

  /** As {@link setConstant}, for a number that follows from the old one: the second who asks finds it done. */
  setConstantOnce(index: number, values: readonly number[], dims: readonly number[], type: DataType): void {
    const key = JSON.stringify(['once', this.output(), index]);
    if (this.removal.constants.has(key)) return;
    this.removal.constants.set(key, '');
    this.setConstant(index, values, dims, type);
  }
}

function hasShape(graph: Graph, value: string, dims: readonly number[]): boolean {
  const tensor = graph.initializer(value);
  return tensor !== undefined && tensorDims(tensor).join() === dims.join();
}

/** A weight along whose `axis` a node makes channels. */
export interface Producer {
  value: string;
  axis: number;
  node: NodeProto;
  /** Entries of the axis that make one channel together: a recurrent layer has one for each gate. */
  gates: number;
}

/**
 * Where parameters are: what produces channels, and what an importance can be read from. A weight may serve several
 * nodes.
 */
export class Roles {
  readonly producers: Producer[] = [];
  /** Layers whose weight is constant, but not stored: computed from what is. */
  readonly computed: NodeProto[] = [];
  private readonly readers = new Map<string, NodeProto[]>();

  constructor(private readonly graph: Graph) {}

  /**
   * Declares that `value` is a weight of the node whose `axis` makes the node's output channels, each by so many entries.
   */
  weight(node: NodeProto, value: string, axis: number, gates = 1): void {
    if (weightStorage(this.graph, value) === null && !isStoredIntegers(this.graph, value))
      return void (isSameEveryRun(this.graph, value) && this.computed.push(node));
    this.readers.set(value, [...(this.readers.get(value) ?? []), node]);
    this.producers.push({ value, axis, node, gates });
  }

  isWeight(value: string): boolean {
    return this.readers.has(value);
  }

  /** The layers that a value is the weight of; none when it is not one. */
  layersOf(value: string): readonly NodeProto[] {
    return this.readers.get(value) ?? [];
  }

  isProduced(value: string, axis: number): boolean {
    return this.producers.some((producer) => producer.value === value && producer.axis === axis);
  }
}

/** How removal passes through an operator. */
export interface ChannelRule {
  /** Links the coordinates that stand or fall together and pins those that must stay. */
  link(context: LinkContext): void;
  /** Mends attributes and constants after tensors have shrunk; absent where the graph holds no sizes. */
  mend?(context: MendContext): void;
}

export type Rules = Record<string, ChannelRule>;

export function describe(node: NodeProto): string {
  return node.name ? `${node.opType} "${node.name}"` : node.opType;
}

/** A non-negative axis. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function constantInput(graph: Graph, node: NodeProto, index: number): number[] | undefined {
  const tensor = graph.initializer(node.input[index] ?? '');
  return tensor && tensorToNumbers(tensor);
}
