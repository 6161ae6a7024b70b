import {
  constantTensor,
  DataType,
  floatTensor,
  Graph,
  makeNode,
  subgraphs,
  tensorDims,
  tensorToFloats,
  valueElemType,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '#onnx';

/** Attributes of operators whose number is the type that they compute in or give. */
const TYPE_ATTRIBUTES: ReadonlySet<string> = new Set([
  'to',
  'dtype',
  'output_dtype',
  'stash_type',
  'softmax_precision',
]);

/** Nodes that hand a constant on as it is. */
const PASSIVE: ReadonlySet<string> = new Set(['Identity', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

/** What was raised from float16. */
export interface RaisedHalves {
  /** The initializers of the main graph as the file stored them, by name. */
  stored: ReadonlyMap<string, TensorProto>;
  /** What inputs of float16 are called once they are float32. */
  inputs: ReadonlyMap<string, string>;
}

/** The float16 tensor behind a value that nodes without arithmetic hand on; undefined where it is another one. */
export function halfConstant(graph: Graph, value: string): TensorProto | undefined {
  const tensor = constantTensor(graph, value);
  if (tensor) return tensor.dataType === DataType.FLOAT16 ? tensor : undefined;
  const node = value === '' ? undefined : graph.producer(value);
  return node && node.domain === '' && PASSIVE.has(node.opType) ? halfConstant(graph, node.input[0] ?? '') : undefined;
}

/**
 * Raises all that a model stores and computes in float16 to float32, in place; what calls it chooses models that compute
 * so. Inputs and outputs keep their types:
 *
 *     x (FLOAT16) -> Conv(W FLOAT16) -> y (FLOAT16)   becomes   x -> Cast -> Conv(W FLOAT) -> Cast -> y
 *
 * Casts between the two types go. Values differ by the rounding of halves, and where those overflow.
 */
export function raiseHalves(graph: Graph): RaisedHalves {
  const { proto } = graph;
  const isHalf = (info: ValueInfoProto) => valueElemType(info) === DataType.FLOAT16;
  const [inputs, outputs] = [graph.inputs.filter(isHalf), graph.outputs.filter(isHalf)];
  const idle = idleCasts(proto);
  const stored = new Map(
    proto.initializer.filter(({ dataType }) => dataType === DataType.FLOAT16).map((tensor) => [tensor.name, tensor]),
  );
  const doors = new Map([...inputs, ...outputs].map(({ name }) => [name, graph.freshName(`${name}_float`)]));
  raiseGraph(proto, new Set([...inputs, ...outputs]));
  renameIn(proto, doors);
  const nodes = (values: readonly ValueInfoProto[], into: boolean) =>
    values.map(({ name }) => {
      const inner = doors.get(name) ?? name;
      const [from, to, type] = into ? [name, inner, DataType.FLOAT] : [inner, name, DataType.FLOAT16];
      return makeNode('Cast', [from], [to], { to: type }, { name: graph.freshName(`${name}_Cast`) });
    });
  const known = new Set(inputs.map(({ name }) => name));
  // An input that is an output too is cast to float and back.
  const last = outputs.filter(({ name }) => !known.has(name));
  proto.node = [...nodes(inputs, true), ...proto.node, ...nodes(last, false)];
  bypass(proto, idle);
  return { stored, inputs: new Map(inputs.map(({ name }) => [name, doors.get(name) ?? name])) };
}

/** Casts between float16 and float32 alone, as far as the types of what they read are declared. */
function idleCasts(graph: GraphProto): NodeProto[] {
  const declared = new Map([...graph.input, ...graph.valueInfo].map((info) => [info.name, valueElemType(info)]));
  for (const { name, dataType } of graph.initializer) declared.set(name, dataType);
  const isFloat = (type: DataType | undefined) => type === DataType.FLOAT || type === DataType.FLOAT16;
  const outputs = new Set(graph.output.map(({ name }) => name));
  return graph.node.filter((node) => {
    if (node.opType !== 'Cast' || node.domain !== '') return false;
    const to = Number(node.attribute.find(({ name }) => name === 'to')?.i ?? 0n) as DataType;
    for (const output of node.output) declared.set(output, to);
    return isFloat(to) && isFloat(declared.get(node.input[0] ?? '')) && !outputs.has(node.output[0] ?? '');
  });
}

/** Lets what reads the result of a node read what it was given, and drops the node. */
function bypass(graph: GraphProto, nodes: readonly NodeProto[]): void {
  const gone = new Set(nodes);
  const source = new Map(nodes.map(({ input, output }) => [output[0] ?? '', input[0] ?? '']));
  const origin = (value: string): string => {
    const from = source.get(value);
    return from === undefined ? value : origin(from);
  };
  graph.node = graph.node.filter((node) => !gone.has(node));
  renameIn(graph, new Map([...source.keys()].map((value) => [value, origin(value)])));
}

function raiseGraph(graph: GraphProto, kept: ReadonlySet<ValueInfoProto>): void {
  graph.initializer = graph.initializer.map(raised);
  for (const info of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    if (!kept.has(info)) raiseType(info.type);
  }
  for (const node of graph.node) {
    node.attribute.forEach(raiseAttribute);
    for (const body of subgraphs(node)) raiseGraph(body, kept);
  }
}

/** Tensors, and sequences and optional values of them. */
function raiseType(declared: ValueInfoProto['type']): void {
  const type = declared?.value;
  if (type?.case === 'sequenceType' || type?.case === 'optionalType') raiseType(type.value.elemType);
  if (type?.case === 'tensorType' && type.value.elemType === DataType.FLOAT16) type.value.elemType = DataType.FLOAT;
}

function raiseAttribute(attribute: AttributeProto): void {
  if (TYPE_ATTRIBUTES.has(attribute.name) && attribute.i === BigInt(DataType.FLOAT16))
    attribute.i = BigInt(DataType.FLOAT);
  if (attribute.t) attribute.t = raised(attribute.t);
}

function raised(tensor: TensorProto): TensorProto {
  if (tensor.dataType !== DataType.FLOAT16) return tensor;
  const float = floatTensor(tensor.name, tensorDims(tensor), tensorToFloats(tensor));
  float.docString = tensor.docString;
  return float;
}

/** Renames values wherever nodes, bodies, tensors and notes of a graph name them; what is declared outside keeps its name. */
function renameIn(graph: GraphProto, names: ReadonlyMap<string, string>): void {
  const renamed = (value: string) => names.get(value) ?? value;
  for (const tensor of graph.initializer) tensor.name = renamed(tensor.name);
  for (const info of graph.valueInfo) info.name = renamed(info.name);
  for (const node of graph.node) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
    for (const body of subgraphs(node)) renameBody(body, names);
  }
}

/** A body gives values of the graph around it by their name too. */
function renameBody(body: GraphProto, names: ReadonlyMap<string, string>): void {
  renameIn(body, names);
  for (const info of body.output) info.name = names.get(info.name) ?? info.name;
}

/** Whether layers of a model compute in float16: their weight is a constant of it. */
export function computesInHalves(model: ModelProto, isLayer: (opType: string) => boolean): boolean {
  const graph = new Graph(model);
  return graph.nodes.some(({ opType, input }) => isLayer(opType) && halfConstant(graph, input[1] ?? '') !== undefined);
}
