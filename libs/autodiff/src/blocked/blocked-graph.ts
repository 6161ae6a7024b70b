import {
  changed,
  elementCount,
  makeNode,
  type Attributes,
  type GraphBuilder,
  type NodeProto,
  dimOf,
  known,
} from '#onnx';
import { BLOCKED_DOMAIN } from '../gradient-builder.js';

/** What a graph is rewritten with. */
export interface BlockedRequest {
  /** The finished graph; its nodes are replaced. */
  builder: GraphBuilder;
  /** Shapes of values as far as they are known; a value without one keeps its layout. */
  dims(value: string): readonly number[] | undefined;
  /** Channels of a block on this CPU, 8 or 16. */
  block: number;
}

/**
 * A graph on its way into the runtime's blocked layout: a value [N, C, H, W] may have a twin that lies in memory as [N,
 * C / block, H, W, block] under the same shape. Both are there for whoever reads them; what nobody reads is dropped in
 * the end.
 */
export class BlockedGraph {
  readonly nodes: NodeProto[] = [];
  private readonly twins = new Map<string, string>();
  private readonly aliases = new Map<string, string>();
  private readonly found = new Map<string, readonly number[]>();
  private readonly constants: ReadonlyMap<string, number>;

  constructor(private readonly request: BlockedRequest) {
    const { initializers } = request.builder;
    this.constants = new Map(initializers.map((tensor) => [tensor.name, elementCount(tensor.dims.map(Number))]));
  }

  get block(): number {
    return this.request.block;
  }

  dims(value: string): readonly number[] | undefined {
    return this.found.get(value) ?? this.request.dims(value);
  }

  /** Says what shape a value has. */
  setDims(value: string, dims: readonly number[]): void {
    this.found.set(value, dims);
  }

  /** Whether the value is one number, which suits every layout. */
  isScalar(value: string): boolean {
    return this.constants.get(value) === 1;
  }

  hasTwin(value: string): boolean {
    return this.twins.has(value);
  }

  /** Whether a value can have a twin: an image whose channels fill the blocks. */
  fills(value: string): boolean {
    const dims = this.dims(value);
    return dims?.length === 4 && dimOf(dims, 1) % this.block === 0;
  }

  /** The twin of a float value, made on the spot if need be. */
  twin(value: string): string {
    const twin = this.twins.get(value);
    if (twin !== undefined) return twin;
    const made = this.add('ReorderInput', [value], {}, BLOCKED_DOMAIN);
    this.twins.set(value, made);
    return made;
  }

  /** Says that a twin of the value was made. */
  setTwin(value: string, twin: string): void {
    this.twins.set(value, twin);
  }

  /** Makes the value from its twin. */
  leave(value: string): void {
    const channels = this.dims(value)![1]!;
    const twin = known(this.twins, value, 'twins');
    this.nodes.push(makeNode('ReorderOutput', [twin], [value], { channels }, { domain: BLOCKED_DOMAIN }));
  }

  /** Lets whoever reads a name read a value. */
  alias(name: string, value: string): void {
    this.aliases.set(name, value);
  }

  /** A node as it is. */
  keep(node: NodeProto): void {
    const isRenamed = node.input.some((value) => this.aliases.has(value));
    const renamed = () => node.input.map((value) => this.aliases.get(value) ?? value);
    this.nodes.push(isRenamed ? changed(node, { input: renamed() }) : node);
  }

  add(opType: string, inputs: readonly string[], attributes: Attributes = {}, domain = ''): string {
    const output = this.request.builder.fresh(opType);
    this.nodes.push(makeNode(opType, inputs, [output], attributes, domain ? { domain } : {}));
    return output;
  }

  reshape(value: string, dims: readonly number[]): string {
    return this.add('Reshape', [value, this.request.builder.ints(dims)]);
  }

  ints(values: readonly number[]): string {
    return this.request.builder.ints(values);
  }
}
