import { subgraphs, weightSite, type Graph, type NodeProto, elementOf, known, outputOf } from '#onnx';

/**
 * Nodes between two values of one shape, read by nothing else: without them the graph still runs, `output` replaced by
 * `input`.
 */
export interface Block {
  input: string;
  output: string;
  nodes: readonly NodeProto[];
}

type Shapes = ReadonlyMap<string, readonly number[]>;

/**
 * The blocks of a graph that can be left out one by one, in graph order and without overlap: residual blocks
 * (Add(x, f(x)), or Add(g(x), f(x)) with a layer in the shortcut) as a whole, elsewhere a layer with what follows it up
 * to the next. Shapes are those of one run; without them any two values may have the same, so that layers in no block
 * are in none after a run either.
 */
export function shapeKeepingBlocks(graph: Graph, shapes: Shapes | null): Block[] {
  const search = new BlockSearch(graph, shapes);
  const candidates = graph.nodes.flatMap((node) => search.endingAt(node) ?? []);
  const isResidual = ({ nodes }: Block) => search.isSum(elementOf(nodes, nodes.length - 1, 'nodes'));
  const residual = candidates.filter(isResidual);
  const others = candidates.filter((block) => !isResidual(block));
  const plain = others.toSorted((a, b) => b.nodes.length - a.nodes.length);
  const taken = new Set<NodeProto>();
  const chosen = [...residual, ...plain].filter(({ nodes }) => {
    if (nodes.some((node) => taken.has(node))) return false;
    nodes.forEach((node) => taken.add(node));
    return true;
  });
  return chosen.toSorted(
    (a, b) =>
      search.place(elementOf(a.nodes, a.nodes.length - 1, 'nodes')) -
      search.place(elementOf(b.nodes, b.nodes.length - 1, 'nodes')),
  );
}

/** Takes a block out of the graph; weights that nothing reads any more are left to dead-code removal. */
export function removeBlock(graph: Graph, { input, output, nodes }: Block): void {
  graph.replaceUses(output, input);
  for (const node of [...nodes].reverse()) graph.removeNode(node);
}

class BlockSearch {
  private readonly order: ReadonlyMap<NodeProto, number>;
  /** Values that depend on the graph's inputs: not weights, nor what is computed from weights alone. */
  private readonly computed: ReadonlySet<string>;

  constructor(
    private readonly graph: Graph,
    private readonly shapes: Shapes | null,
  ) {
    this.order = new Map(graph.nodes.map((node, i) => [node, i]));
    const computed = new Set(graph.inputs.map(({ name }) => name));
    for (const node of graph.nodes)
      if (node.input.some((value) => computed.has(value)) || subgraphs(node).length > 0)
        node.output.forEach((value) => computed.add(value));
    this.computed = computed;
  }

  place(node: NodeProto): number {
    return known(this.order, node, 'order');
  }

  /** Whether a node joins two branches, and does not add a bias. */
  isSum(node: NodeProto): boolean {
    return node.opType === 'Add' && node.input.every((value) => this.computed.has(value));
  }

  /**
   * Goes back from a node's output until all its nodes read a single computed value: a block if that has the same
   * shape.
   */
  endingAt(last: NodeProto): Block | null {
    const output = outputOf(last);
    if (last.output.length !== 1 || this.graph.isOutput(output)) return null;
    const nodes: NodeProto[] = [];
    const frontier = new Set([output]);
    for (let layers = 0; ;) {
      const node = this.latestProducer(frontier);
      if (!node || subgraphs(node).length > 0) return null;
      nodes.unshift(node);
      layers += Number(weightSite(this.graph, node) !== null);
      node.output.forEach((value) => frontier.delete(value));
      for (const value of node.input) if (this.computed.has(value)) frontier.add(value);
      const [input, ...others] = frontier;
      if (layers === 0 || others.length > 0 || input === undefined) continue;
      const block = { input, output, nodes };
      if (layers > 1 && !this.isSum(last)) return null;
      if (this.haveSameShape(input, output) && this.isClosed(block)) return block;
      if (this.isSum(last)) return null;
    }
  }

  private haveSameShape(a: string, b: string): boolean {
    return this.shapes === null || this.shapes.get(a)?.join() === this.shapes.get(b)?.join();
  }

  /** Whether nothing outside reads what is computed inside, but for the output. */
  private isClosed({ output, nodes }: Block): boolean {
    const inside = new Set(nodes);
    const inner = nodes.flatMap((node) => node.output.filter((value) => value !== '' && value !== output));
    const isReadInside = (value: string) => this.graph.consumers(value).every(({ node }) => inside.has(node));
    return inner.every((value) => !this.graph.isOutput(value) && isReadInside(value));
  }

  private latestProducer(values: Iterable<string>): NodeProto | undefined {
    const producers = [...values].flatMap((value) => this.graph.producer(value) ?? []);
    return producers.toSorted((a, b) => this.place(b) - this.place(a))[0];
  }
}
