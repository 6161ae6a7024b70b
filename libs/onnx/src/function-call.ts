import { clone, create } from '@bufbuild/protobuf';
import { subgraphs } from './attributes.js';
import { nodeText } from './check-node.js';
import { InvalidModelError } from './errors.js';
import { makeNode } from './graph.js';
import { liftOpset } from './lift-opset.js';
import type { Names } from './names.js';
import { bodyOpset } from './opset.js';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto.js';

/** The nodes that stand for one call of a function, ready to take the place of the node that calls it. */
export class FunctionCall {
  readonly nodes: NodeProto[];
  /** What lifting made of attributes, for the main graph. */
  readonly constants: TensorProto[];
  readonly valueInfo: ValueInfoProto[];

  /**
   * `opset` is that of the graph which the nodes go to. Throws InvalidModelError for a call that does not fit,
   * UnsupportedModelError as liftOpset does.
   */
  constructor(
    private readonly body: FunctionProto,
    private readonly call: NodeProto,
    private readonly names: Names,
    opset: number,
  ) {
    this.checkFit();
    const nodes = body.node.map((each) => this.bound(clone(NodeProtoSchema, each), isNoGraph));
    const { node, initializer } = liftedBody(body, nodes, opset);
    const results = node.flatMap(({ output }) => output);
    const scope = this.outerScope([...initializer.map(({ name }) => name), ...results]);
    const passed = this.passedOutputs(scope);
    const renamed = node.map((each) => this.bound(this.renamed(each, scope), () => true));
    this.nodes = [...renamed, ...passed];
    this.constants = initializer.map((tensor) => Object.assign(tensor, { name: scope.of(tensor.name) }));
    this.valueInfo = this.innerInfo(scope);
  }

  private checkFit(): void {
    const { body, call } = this;
    if (call.input.length > body.input.length)
      throw new InvalidModelError(
        `node ${nodeText(call)} gives ${call.input.length} inputs to a function of ${body.input.length}`,
      );
    if (call.output.length > body.output.length)
      throw new InvalidModelError(
        `node ${nodeText(call)} takes ${call.output.length} outputs from a function of ${body.output.length}`,
      );
  }

  /** The function's names to those of the place of the call; an input or output that the call leaves out is none. */
  private outerScope(defined: readonly string[]): Scope {
    const scope = new Scope();
    this.body.input.forEach((name, i) => scope.set(name, this.call.input[i] ?? ''));
    this.body.output.forEach((name, i) => {
      if (this.call.output[i] && !scope.has(name)) scope.set(name, this.call.output[i]);
    });
    for (const name of defined) if (name !== '' && !scope.has(name)) scope.set(name, this.fresh(name));
    return scope;
  }

  /** An output that is an input as it came, or another output once more. */
  private passedOutputs(scope: Scope): NodeProto[] {
    return this.body.output.flatMap((name, i) => {
      const given = this.call.output[i];
      return given && scope.of(name) !== given ? [makeNode('Identity', [scope.of(name)], [given])] : [];
    });
  }

  private innerInfo(scope: Scope): ValueInfoProto[] {
    const outside = new Set([...this.body.input, ...this.body.output]);
    return this.body.valueInfo.flatMap((info) =>
      outside.has(info.name) || !scope.has(info.name)
        ? []
        : [Object.assign(clone(ValueInfoProtoSchema, info), { name: scope.of(info.name) })],
    );
  }

  /**
   * In place: attributes by reference take the call's value, or the function's default, or go; those that `now` does
   * not take wait.
   */
  private bound(node: NodeProto, now: (given: AttributeProto | undefined) => boolean): NodeProto {
    for (const graph of subgraphs(node)) for (const inner of graph.node) this.bound(inner, now);
    node.attribute = node.attribute.flatMap((attribute) => {
      const given = attribute.refAttrName === '' ? undefined : this.given(attribute.refAttrName);
      if (attribute.refAttrName === '' || !now(given)) return [attribute];
      if (!given) return [];
      if (attribute.type !== given.type)
        throw new InvalidModelError(
          `attribute "${given.name}" of node ${nodeText(this.call)} is of another type than function ` +
            `"${this.body.name}" takes`,
        );
      return [Object.assign(clone(AttributeProtoSchema, given), { name: attribute.name })];
    });
    return node;
  }

  private given(name: string): AttributeProto | undefined {
    return [...this.call.attribute, ...this.body.attributeProto].find((attribute) => attribute.name === name);
  }

  /**
   * In place: the names of the function become those of the scope, also inside bodies, whose own names become new ones.
   */
  private renamed(node: NodeProto, scope: Scope): NodeProto {
    if (node.name !== '') node.name = this.fresh(node.name);
    node.input = node.input.map((name) => scope.of(name));
    node.output = node.output.map((name) => scope.of(name));
    for (const { key, value } of this.call.metadataProps)
      if (!node.metadataProps.some((entry) => entry.key === key))
        node.metadataProps.push(create(StringStringEntryProtoSchema, { key, value }));
    for (const graph of subgraphs(node)) this.renameBody(graph, scope);
    return node;
  }

  private renameBody(graph: GraphProto, outer: Scope): void {
    const scope = new Scope(outer);
    const stored = [...graph.initializer, ...graph.sparseInitializer.flatMap(({ values }) => values ?? [])];
    for (const name of [...graph.input, ...stored]
      .map((item) => item.name)
      .concat(graph.node.flatMap(({ output }) => output))) {
      if (name !== '' && !scope.hasOwn(name)) scope.set(name, this.fresh(name));
    }
    for (const item of [...graph.input, ...stored, ...graph.output, ...graph.valueInfo])
      item.name = scope.of(item.name);
    for (const annotation of graph.quantizationAnnotation) annotation.tensorName = scope.of(annotation.tensorName);
    for (const node of graph.node) this.renamed(node, scope);
  }

  private fresh(name: string): string {
    const result = this.call.output.find((output) => output !== '');
    return this.names.fresh(`${this.call.name || result || this.call.opType}/${name}`);
  }
}

/** What names become; those that it does not know stay. */
class Scope {
  private readonly own = new Map<string, string>();

  constructor(private readonly outer: Scope | null = null) {}

  set(name: string, given: string): void {
    this.own.set(name, given);
  }

  has(name: string): boolean {
    return this.own.has(name) || (this.outer?.has(name) ?? false);
  }

  hasOwn(name: string): boolean {
    return this.own.has(name);
  }

  of(name: string): string {
    return this.own.get(name) ?? this.outer?.of(name) ?? name;
  }
}

/**
 * Graphs that a call gives speak of the values around the call: they come in once the function's names are those of
 * that place.
 */
function isNoGraph(given: AttributeProto | undefined): boolean {
  return !given?.g && !given?.graphs.length;
}

/** The function's nodes in another opset, and the constants that this takes. */
function liftedBody(body: FunctionProto, node: NodeProto[], opset: number): GraphProto {
  const graph = create(GraphProtoSchema, { node });
  const from = bodyOpset(body);
  if (from === null) return graph;
  // Inputs and outputs take part, so that new names differ from theirs, and what is an output counts as read.
  graph.input = body.input.map((name) => create(ValueInfoProtoSchema, { name }));
  graph.output = body.output.map((name) => create(ValueInfoProtoSchema, { name }));
  const opsetImport = [create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(from) })];
  liftOpset(create(ModelProtoSchema, { graph, opsetImport }), opset);
  return graph;
}
