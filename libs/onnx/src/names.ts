import { subgraphs } from './attributes.js';
import type { GraphProto, ModelProto, NodeProto } from './proto.js';

/**
 * Begins the names of values that a graph has only while it is worked with: losses, state, statistics, a second model
 * beside the first. No model that is read holds it (checkModel refuses it), so that such names need not be sought; they
 * must never be written to a file.
 */
export const OWN_NAME_MARK = '\u0001';

/** A name that no value of a model can have, for graphs that are run and thrown away. */
export function ownName(name: string): string {
  return OWN_NAME_MARK + name;
}

/** Whether a name is of {@link ownName}: nobody outside knows it. */
export function isOwnName(name: string): boolean {
  return name.startsWith(OWN_NAME_MARK);
}

/** What {@link ownName} was given. */
export function withoutMark(name: string): string {
  return isOwnName(name) ? name.slice(OWN_NAME_MARK.length) : name;
}

/**
 * The names that a model uses: the only source of new ones for what is written to a file. Names of the main graph must
 * not shadow, nor be shadowed by, those inside a body, an input must not get a default value, nor a value the type that
 * an entry of value_info has for another: so all of them count, whatever they name.
 */
export class Names {
  private readonly taken = new Set<string>();
  private readonly counters = new Map<string, number>();

  static of(model: ModelProto): Names {
    const names = new Names();
    if (model.graph) names.takeGraph(model.graph);
    for (const body of model.functions) {
      names.take(...body.input, ...body.output);
      for (const info of body.valueInfo) names.take(info.name);
      for (const node of body.node) names.takeNode(node);
    }
    return names;
  }

  has(name: string): boolean {
    return this.taken.has(name);
  }

  /**
   * A name that nothing has yet: `prefix`, or the prefix with the first number that makes it new. It is taken from then
   * on.
   */
  fresh(prefix: string): string {
    let name = prefix;
    let count = this.counters.get(prefix) ?? 0;
    while (name === '' || this.taken.has(name)) name = `${prefix}_${++count}`;
    this.counters.set(prefix, count);
    this.taken.add(name);
    return name;
  }

  take(...names: readonly string[]): void {
    for (const name of names) this.taken.add(name);
  }

  /** What a node reads counts as well: a body may read a value that is defined later on. */
  takeNode(node: NodeProto): void {
    this.take(node.name, ...node.input, ...node.output);
    for (const body of subgraphs(node)) this.takeGraph(body);
  }

  private takeGraph(graph: GraphProto): void {
    for (const { name } of [...graph.input, ...graph.output, ...graph.initializer, ...graph.valueInfo])
      this.taken.add(name);
    for (const { values } of graph.sparseInitializer) this.take(values?.name ?? '');
    for (const { tensorName } of graph.quantizationAnnotation) this.take(tensorName);
    for (const node of graph.node) this.takeNode(node);
  }
}
