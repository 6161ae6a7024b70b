import { checkNode, nodeText } from './check-node.js';
import { checkTensor, checkedCount } from './check-tensor.js';
import { InvalidModelError, InvalidTensorError, ModelLimitError, UnsupportedModelError } from './errors.js';
import type { ModelLimits } from './limits.js';
import { Functions } from './functions.js';
import { OWN_NAME_MARK } from './names.js';
import { checkVersions, importedVersion } from './opset.js';
import { sparsePositions } from './sparse.js';
import { trainingTensors } from './tensors.js';
import { isTabled } from './operators/operator-table.js';
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  SparseTensorProto,
  ValueInfoProto,
} from './proto.js';

/**
 * Checks that a parsed model is one that the rest of the library may rely on: versions and operator domains that the
 * runtime knows, limits kept, every value defined once and before its use, every tensor stored as its shape says.
 */
export function checkModel(model: ModelProto, limits: ModelLimits): void {
  if (!model.graph) throw new InvalidModelError('it holds no graph');
  checkVersions(model);
  new ModelCheck(model, limits).run(model.graph);
}

/** Values that a graph's nodes may read: its own and those of the graphs around it. */
class Scope {
  private readonly own = new Set<string>();

  constructor(
    readonly depth: number,
    private readonly outer: Scope | null = null,
  ) {}

  has(value: string): boolean {
    return this.own.has(value) || (this.outer?.has(value) ?? false);
  }

  hasOwn(value: string): boolean {
    return this.own.has(value);
  }

  add(value: string): void {
    this.own.add(value);
  }

  get size(): number {
    return this.own.size;
  }
}

class ModelCheck {
  private readonly functions: Functions;
  /** The function that is being checked, whose operator versions hold; null in the main graph. */
  private within: FunctionProto | null = null;
  private nodes = 0;

  constructor(
    private readonly model: ModelProto,
    private readonly limits: ModelLimits,
  ) {
    this.functions = new Functions(model);
  }

  run(graph: GraphProto): void {
    this.graph(graph, new Scope(1));
    for (const body of this.model.functions) this.function(body);
    for (const tensor of trainingTensors(this.model)) checkTensor(tensor, this.limits);
  }

  private function(body: FunctionProto): void {
    this.within = body;
    const scope = new Scope(1);
    for (const input of body.input) this.define(input, scope, `input of function "${body.name}"`);
    for (const attribute of body.attributeProto) this.attribute(attribute, scope);
    for (const info of body.valueInfo) this.valueInfo(info);
    this.body(body.node, scope);
    for (const output of body.output) {
      if (!scope.has(output))
        throw new InvalidModelError(`output "${output}" of function "${body.name}" is produced by no node`);
    }
  }

  private graph(graph: GraphProto, scope: Scope): void {
    if (scope.depth > this.limits.nestingDepth)
      throw new ModelLimitError('nestingDepth', scope.depth, this.limits.nestingDepth);
    for (const input of graph.input) {
      this.valueInfo(input);
      this.define(input.name, scope, 'graph input');
    }
    this.initializers(graph, scope);
    for (const info of graph.valueInfo) this.valueInfo(info);
    this.body(graph.node, scope);
    for (const output of graph.output) {
      this.valueInfo(output);
      if (!scope.has(output.name)) throw new InvalidModelError(`graph output "${output.name}" is produced by no node`);
    }
  }

  /** Initializers may repeat the name of a graph input, whose default value they then are. */
  private initializers(graph: GraphProto, scope: Scope): void {
    const inputs = new Set(graph.input.map((input) => input.name));
    for (const tensor of graph.initializer) {
      checkTensor(tensor, this.limits);
      if (!inputs.delete(tensor.name)) this.define(tensor.name, scope, 'initializer');
    }
    for (const sparse of graph.sparseInitializer) {
      this.sparse(sparse);
      const name = sparse.values?.name ?? '';
      if (!inputs.delete(name)) this.define(name, scope, 'sparse initializer');
    }
  }

  private body(nodes: readonly NodeProto[], scope: Scope): void {
    const later = new Set(nodes.flatMap((node) => node.output));
    for (const node of nodes) this.node(node, scope, later);
  }

  private node(node: NodeProto, scope: Scope, later: ReadonlySet<string>): void {
    if (++this.nodes > this.limits.nodes) throw new ModelLimitError('nodes', this.nodes, this.limits.nodes);
    this.operator(node);
    const values = node.input.length + node.output.length;
    if (values > this.limits.nodeValues) throw new ModelLimitError('nodeValues', values, this.limits.nodeValues);
    if (node.attribute.length > this.limits.nodeAttributes)
      throw new ModelLimitError('nodeAttributes', node.attribute.length, this.limits.nodeAttributes);
    for (const input of node.input) {
      if (input !== '' && !scope.has(input)) throw undefinedValue(node, input, later.has(input));
    }
    for (const attribute of node.attribute) this.attribute(attribute, scope);
    for (const output of node.output) if (output !== '') this.define(output, scope, `output of ${nodeText(node)}`);
    if (!this.functions.calledBy(node, this.imports)) checkNode(node, importedVersion(this.imports, node.domain));
  }

  private get imports(): readonly OperatorSetIdProto[] {
    return (this.within ?? this.model).opsetImport;
  }

  private operator(node: NodeProto): void {
    this.name(node.name);
    if (node.opType === '') throw new InvalidModelError(`node ${nodeText(node)} has no op type`);
    this.keyword(node.opType);
    if (isTabled(node.domain) || this.functions.calledBy(node, this.imports)) return;
    throw new UnsupportedModelError(
      `node ${nodeText(node)} is of the custom operator domain "${node.domain}"`,
      'express it in standard operators before the export; custom operator libraries are never loaded',
    );
  }

  private attribute(attribute: AttributeProto, scope: Scope): void {
    this.keyword(attribute.name);
    if (attribute.refAttrName !== '' && !this.within)
      throw new InvalidModelError(
        `attribute "${attribute.name}" refers to "${attribute.refAttrName}" of a function, outside of any`,
      );
    for (const tensor of attribute.t ? [attribute.t, ...attribute.tensors] : attribute.tensors)
      checkTensor(tensor, this.limits);
    for (const sparse of attribute.sparseTensor
      ? [attribute.sparseTensor, ...attribute.sparseTensors]
      : attribute.sparseTensors)
      this.sparse(sparse);
    for (const graph of attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs)
      this.graph(graph, new Scope(scope.depth + 1, scope));
  }

  /** The runtime stores sparse tensors densely, so the dense shape counts. */
  private sparse(sparse: SparseTensorProto): void {
    const { values, indices } = sparse;
    if (!values || !indices) throw new InvalidModelError('a sparse tensor lacks its values or indices');
    checkTensor(values, this.limits);
    checkTensor(indices, this.limits);
    const count = checkedCount(values.name, sparse.dims, this.limits);
    sparsePositions(sparse, values.name);
    if (Number(values.dims[0] ?? 0n) > count)
      throw new InvalidTensorError(values.name, `${values.dims[0]} values do not fit in shape [${sparse.dims}]`);
  }

  private valueInfo(info: ValueInfoProto): void {
    const type = info.type?.value;
    if (type?.case !== 'tensorType' || !type.value.shape) return;
    const lengths = type.value.shape.dim.map(({ value }) => value);
    const dims = lengths.map((length) => (length.case === 'dimValue' ? length.value : 1n));
    // Some exporters write -1 or 0 for an unknown dimension.
    checkedCount(
      info.name,
      dims.map((dim) => (dim < 0n ? 1n : dim)),
      this.limits,
    );
  }

  private define(value: string, scope: Scope, what: string): void {
    if (value === '') throw new InvalidModelError(`a ${what} has no name`);
    this.name(value);
    if (scope.hasOwn(value)) throw new InvalidModelError(`value "${value}" (${what}) is defined twice`);
    scope.add(value);
    if (scope.size > this.limits.graphValues)
      throw new ModelLimitError('graphValues', scope.size, this.limits.graphValues);
  }

  /**
   * Names of operators and attributes are looked up in tables; those that every JavaScript object has are no ONNX
   * names.
   */
  private keyword(name: string): void {
    this.name(name);
    if (name in Object.prototype) throw new InvalidModelError(`"${name}" is not the name of an operator or attribute`);
  }

  private name(name: string): void {
    if (name === '__proto__') throw new InvalidModelError('"__proto__" is not allowed as a name');
    // The runtime ends a name at the first; the second begins the names of values that are added to a graph to run it.
    if (name.includes('\0') || name.includes(OWN_NAME_MARK))
      throw new InvalidModelError(
        `the name ${JSON.stringify(name)} holds the control character ` +
          `${name.includes('\0') ? 'U+0000' : 'U+0001'}: rename it before the export`,
      );
    if (name.length > this.limits.nameLength)
      throw new ModelLimitError('nameLength', name.length, this.limits.nameLength);
  }
}

function undefinedValue(node: NodeProto, value: string, later: boolean): InvalidModelError {
  return new InvalidModelError(
    later
      ? `node ${nodeText(node)} reads "${value}" before it is produced: its nodes are not in topological order`
      : `node ${nodeText(node)} reads "${value}", which nothing defines`,
  );
}
