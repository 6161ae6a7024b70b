import { create } from '@bufbuild/protobuf';
import { subgraphs } from './attributes.js';
import { nodeText } from './check-node.js';
import { InvalidModelError, ModelLimitError } from './errors.js';
import { FunctionCall } from './function-call.js';
import { Functions } from './functions.js';
import { liftOpset } from './lift-opset.js';
import type { ModelLimits } from './limits.js';
import { Names } from './names.js';
import { bodyOpset, mergeImports, opsetVersion } from './opset.js';
import {
  OperatorSetIdProtoSchema,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from './proto.js';
import { nodeTensors, storedBytes } from './tensors.js';

/**
 * Puts the nodes of model-local functions in the place of the nodes that call them, in place, as the standard defines
 * (IR.md, Functions): attributes by reference with their defaults, inputs and outputs that a call leaves out, functions
 * within functions, bodies that capture, overloads. Functions and model may be of different opsets; all are lifted to
 * the newest. Afterwards no function is left, and nobody else needs to know of them. The model must have passed
 * checkModel. Throws InvalidModelError for a function that calls itself, ModelLimitError where the nodes or their
 * tensors become too many, UnsupportedModelError where an operator has no counterpart in the newest opset.
 */
export function inlineFunctions(model: ModelProto, limits: ModelLimits): void {
  if (model.functions.length === 0) return;
  const inliner = new Inliner(model, limits);
  for (const graph of [
    model.graph,
    ...model.trainingInfo.flatMap(({ initialization, algorithm }) => [initialization, algorithm]),
  ]) {
    if (graph) inliner.expandGraph({ graph, root: graph, calls: [] });
  }
  const own = new Set(model.functions.map(({ domain }) => domain));
  const isKept = (domain: string) => domain === '' || !own.has(domain) || inliner.domains.has(domain);
  model.opsetImport = mergeImports(model, inliner.used).filter(({ domain }) => isKept(domain));
  model.functions = [];
}

/** Where nodes stand: the graph that holds them, the main one around it, and the functions that they came from. */
interface Place {
  graph: GraphProto;
  root: GraphProto;
  calls: readonly FunctionProto[];
}

class Inliner {
  /** Functions that were called. */
  readonly used = new Set<FunctionProto>();
  /** Domains of the operators that remain. */
  readonly domains = new Set<string>();
  private readonly functions: Functions;
  private readonly names: Names;
  private readonly opset: number;
  private nodes = 0;
  private bytes = 0;

  constructor(
    private readonly model: ModelProto,
    private readonly limits: ModelLimits,
  ) {
    this.functions = new Functions(model);
    const opsets = [...reachable(model, this.functions)].map((body) => bodyOpset(body) ?? 0);
    this.opset = Math.max(opsetVersion(model), ...opsets);
    liftOpset(model, this.opset);
    this.names = Names.of(model);
  }

  expandGraph(place: Place): void {
    place.graph.node = place.graph.node.flatMap((node) => this.expand(node, place));
  }

  private expand(node: NodeProto, place: Place): NodeProto[] {
    for (const graph of subgraphs(node)) this.expandGraph({ ...place, graph });
    const imports = (place.calls.at(-1) ?? this.model).opsetImport;
    const called = this.functions.calledBy(node, place.calls.length > 0 ? this.lifted(imports) : imports);
    if (!called) {
      this.domains.add(node.domain);
      return [node];
    }
    if (place.calls.includes(called))
      throw new InvalidModelError(`function "${called.domain}.${called.name}" calls itself, at node ${nodeText(node)}`);
    this.used.add(called);
    const call = new FunctionCall(called, node, this.names, this.opset);
    this.count(call.nodes);
    place.root.initializer.push(...call.constants);
    place.graph.valueInfo.push(...call.valueInfo);
    const inner = { ...place, calls: [...place.calls, called] };
    return call.nodes.flatMap((each) => this.expand(each, inner));
  }

  /** A function's imports once its nodes are of the newest opset. */
  private lifted(imports: FunctionProto['opsetImport']): FunctionProto['opsetImport'] {
    const others = imports.filter(({ domain }) => domain !== '');
    return [...others, create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(this.opset) })];
  }

  /** A few functions that call one another twice would make a file of a hundred bytes fill the memory. */
  private count(nodes: readonly NodeProto[]): void {
    this.nodes += nodes.length;
    if (this.nodes > this.limits.nodes) throw new ModelLimitError('nodes', this.nodes, this.limits.nodes);
    for (const node of nodes) for (const tensor of nodeTensors(node)) this.bytes += storedBytes(tensor);
    if (this.bytes > this.limits.modelBytes)
      throw new ModelLimitError('modelBytes', this.bytes, this.limits.modelBytes);
  }
}

/** The functions that the graph calls, also by way of others. */
function reachable(model: ModelProto, functions: Functions): Set<FunctionProto> {
  const found = new Set<FunctionProto>();
  const visit = (nodes: readonly NodeProto[], imports: FunctionProto['opsetImport']): void => {
    for (const node of nodes) {
      for (const body of subgraphs(node)) visit(body.node, imports);
      const called = functions.calledBy(node, imports);
      if (!called || found.has(called)) continue;
      found.add(called);
      visit(called.node, called.opsetImport);
    }
  };
  visit(model.graph?.node ?? [], model.opsetImport);
  return found;
}
