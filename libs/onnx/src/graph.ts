import { create } from '@bufbuild/protobuf';
import { makeAttribute, subgraphs, type AttributeValue } from './attributes.js';
import { GraphError, InvalidModelError } from './errors.js';
import { Names } from './names.js';
import {
  NodeProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto.js';

export type Attributes = Record<string, AttributeValue | undefined>;

export interface Use {
  node: NodeProto;
  /** Position in `node.input`; -1 when a subgraph of the node captures the value. */
  index: number;
}

/**
 * An index over a model's main graph that stays right while it edits it. All edits of values and nodes go through
 * this class; the wrapped protobuf message is changed in place.
 */
export class Graph {
  readonly proto: GraphProto;
  private readonly producers = new Map<string, NodeProto>();
  private readonly uses = new Map<string, Use[]>();
  private readonly weights = new Map<string, TensorProto>();
  private readonly names: Names;

  constructor(readonly model: ModelProto) {
    if (!model.graph) throw new InvalidModelError('it holds no graph');
    this.proto = model.graph;
    this.names = Names.of(model);
    for (const tensor of this.proto.initializer) this.indexInitializer(tensor);
    for (const node of this.proto.node) this.indexNode(node);
  }

  /** Nodes in topological order, as the file holds them. */
  get nodes(): readonly NodeProto[] {
    return this.proto.node;
  }

  /** Graph inputs that are not initializers (older files list both). */
  get inputs(): ValueInfoProto[] {
    return this.proto.input.filter((input) => !this.weights.has(input.name));
  }

  get outputs(): readonly ValueInfoProto[] {
    return this.proto.output;
  }

  /** The opset version of a domain, 0 when the model does not import it. */
  opset(domain = ''): number {
    const names = domain === '' ? ['', 'ai.onnx'] : [domain];
    const found = this.model.opsetImport.find((entry) => names.includes(entry.domain));
    return Number(found?.version ?? 0n);
  }

  producer(value: string): NodeProto | undefined {
    return this.producers.get(value);
  }

  /** Nodes that read a value, with the input position; captures by subgraphs count. */
  consumers(value: string): readonly Use[] {
    return this.uses.get(value) ?? [];
  }

  initializer(name: string): TensorProto | undefined {
    return this.weights.get(name);
  }

  /**
   * The node that gives a value. Throws GraphError with its name where none does: it is an input, an initializer, or
   * unknown.
   */
  producerOf(value: string): NodeProto {
    const node = this.producer(value);
    if (!node) throw new GraphError(`no node gives the value "${value}"`);
    return node;
  }

  /** The initializer of a name. Throws GraphError with it where there is none. */
  tensor(name: string): TensorProto {
    const tensor = this.initializer(name);
    if (!tensor) throw new GraphError(`"${name}" is no initializer`);
    return tensor;
  }

  isOutput(value: string): boolean {
    return this.proto.output.some((output) => output.name === value);
  }

  isInput(value: string): boolean {
    return this.inputs.some((input) => input.name === value);
  }

  /** A value or node name that nothing in the model uses yet, starting with `prefix`. */
  freshName(prefix: string): string {
    return this.names.fresh(prefix);
  }

  /** Adds a node, by default at the end; `before`/`after` place it. Keep the list topologically ordered. */
  addNode(node: NodeProto, place: { before?: NodeProto; after?: NodeProto } = {}): NodeProto {
    const anchor = place.before ?? place.after;
    const at = anchor ? this.position(anchor) + (place.after ? 1 : 0) : this.proto.node.length;
    this.proto.node.splice(at, 0, node);
    this.names.takeNode(node);
    this.indexNode(node);
    return node;
  }

  /** Removes a node; the values it produced become dangling, which the caller mends. */
  removeNode(node: NodeProto): void {
    this.proto.node.splice(this.position(node), 1);
    this.unindexNode(node);
  }

  /** Points one input of a node at another value. */
  setInput(node: NodeProto, index: number, value: string): void {
    this.unindexNode(node);
    while (node.input.length <= index) node.input.push('');
    node.input[index] = value;
    while (node.input.length > 0 && node.input.at(-1) === '') node.input.pop();
    this.indexNode(node);
  }

  /** Renames one output of a node; consumers keep reading the old name. */
  setOutput(node: NodeProto, index: number, value: string): void {
    this.unindexNode(node);
    node.output[index] = value;
    this.names.take(value);
    this.indexNode(node);
  }

  /** Lets every consumer of `from` (outside `except`) read `to`. Graph outputs keep their name. */
  replaceUses(from: string, to: string, except: readonly NodeProto[] = []): void {
    for (const { node, index } of [...this.consumers(from)]) {
      if (!except.includes(node) && index >= 0) this.setInput(node, index, to);
    }
  }

  addInitializer(tensor: TensorProto): TensorProto {
    if (this.weights.has(tensor.name)) throw new GraphError(`initializer "${tensor.name}" exists already`);
    this.proto.initializer.push(tensor);
    this.indexInitializer(tensor);
    return tensor;
  }

  /** Replaces an initializer of the same name in place. */
  replaceInitializer(tensor: TensorProto): TensorProto {
    const at = this.proto.initializer.findIndex((existing) => existing.name === tensor.name);
    if (at < 0) throw new GraphError(`there is no initializer "${tensor.name}"`);
    this.proto.initializer[at] = tensor;
    this.weights.set(tensor.name, tensor);
    return tensor;
  }

  removeInitializer(name: string): void {
    const at = this.proto.initializer.findIndex((existing) => existing.name === name);
    if (at >= 0) this.proto.initializer.splice(at, 1);
    this.weights.delete(name);
    const listed = this.proto.input.findIndex((input) => input.name === name);
    if (listed >= 0) this.proto.input.splice(listed, 1);
  }

  /** Drops nodes and initializers that no graph output depends on; returns how many nodes went. */
  removeDeadCode(): number {
    const before = this.proto.node.length;
    for (const node of this.proto.node.toReversed()) {
      if (!node.output.some((value) => value !== '' && (this.isOutput(value) || this.consumers(value).length > 0)))
        this.removeNode(node);
    }
    const annotating = this.annotations();
    for (const name of [...this.weights.keys()]) {
      if (this.consumers(name).length === 0 && !this.isOutput(name) && !annotating.has(name))
        this.removeInitializer(name);
    }
    this.proto.valueInfo = this.proto.valueInfo.filter((info) => this.producers.has(info.name));
    return before - this.proto.node.length;
  }

  /** Drops annotations of values that are gone, and returns the tensors that the others speak of, such as scales. */
  private annotations(): Set<string> {
    const isRead = (value: string) => this.consumers(value).length > 0 || this.isOutput(value);
    this.proto.quantizationAnnotation = this.proto.quantizationAnnotation.filter(({ tensorName }) =>
      isRead(tensorName),
    );
    const parameters = this.proto.quantizationAnnotation.flatMap((note) => note.quantParameterTensorNames);
    return new Set(parameters.map(({ value }) => value));
  }

  private position(node: NodeProto): number {
    const at = this.proto.node.indexOf(node);
    if (at < 0) throw new GraphError(`node "${node.name || node.opType}" is not in the graph`);
    return at;
  }

  private indexInitializer(tensor: TensorProto): void {
    this.weights.set(tensor.name, tensor);
    this.names.take(tensor.name);
  }

  private indexNode(node: NodeProto): void {
    for (const value of node.output) if (value !== '') this.producers.set(value, node);
    for (const [value, use] of usesOf(node)) {
      const list = this.uses.get(value);
      if (list) list.push(use);
      else this.uses.set(value, [use]);
    }
  }

  private unindexNode(node: NodeProto): void {
    for (const value of node.output) if (this.producers.get(value) === node) this.producers.delete(value);
    for (const [value] of usesOf(node)) {
      const rest = (this.uses.get(value) ?? []).filter((use) => use.node !== node);
      if (rest.length > 0) this.uses.set(value, rest);
      else this.uses.delete(value);
    }
  }
}

/** A node with named attributes; undefined attributes are left out. */
export function makeNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Attributes = {},
  extra: { name?: string; domain?: string } = {},
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    name: extra.name ?? '',
    domain: extra.domain ?? '',
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [makeAttribute(name, value)],
    ),
  });
}

function usesOf(node: NodeProto): [string, Use][] {
  const useAt = (value: string, index: number): [string, Use] => [value, { node, index }];
  const direct = node.input.flatMap((value, index) => (value === '' ? [] : [useAt(value, index)]));
  const captured = subgraphs(node).flatMap((graph) => [...capturedValues(graph)]);
  return [...direct, ...captured.map((value) => useAt(value, -1))];
}

/** Values that a subgraph reads from the graph around it. */
export function capturedValues(graph: GraphProto): Set<string> {
  const own = new Set([
    ...graph.input.map((i) => i.name),
    ...graph.initializer.map((t) => t.name),
    ...graph.sparseInitializer.map((t) => t.values?.name ?? ''),
    ...graph.node.flatMap((n) => n.output),
  ]);
  const readBy = (node: NodeProto) => {
    const inside = subgraphs(node).flatMap((inner) => [...capturedValues(inner)]);
    return [...node.input, ...inside];
  };
  const read = [...graph.node.flatMap(readBy), ...graph.output.map((output) => output.name)];
  return new Set(read.filter((value) => value !== '' && !own.has(value)));
}
