import { elementOf } from './accessors.js';
import { create } from '@bufbuild/protobuf';
import { makeNode, type Attributes } from './graph.js';
import { irVersionOf } from './opset.js';
import {
  DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  TensorShapeProto_DimensionSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto.js';
import { floatTensor, int64Tensor } from './tensor.js';

/** A dimension: a number when it is fixed, a name when it is symbolic. */
export type Dim = number | string;

/** ONNX versions that graphs built here declare; the newest opset onnxruntime 1.30 loads needs IR 13. */
export const BUILDER_OPSET = 21;
export const BUILDER_IR_VERSION = 10;

/**
 * Writes an ONNX graph node by node. Value names are strings; every method that adds a node returns the name of its
 * first output, so that expressions nest: `b.op('Relu', [b.op('Add', [x, y])])`.
 */
export class GraphBuilder {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  private readonly inputs: ValueInfoProto[] = [];
  private readonly outputs: ValueInfoProto[] = [];
  private readonly domains = new Map<string, number>();
  private counter = 0;

  /** `prefix` keeps generated names apart from those of a graph that this one extends. */
  constructor(private readonly prefix = 'v') {}

  fresh(hint = ''): string {
    return `${this.prefix}${this.counter++}${hint ? `_${hint}` : ''}`;
  }

  /** Without `dims` its rank is unknown. */
  input(name: string, dims: readonly Dim[] | undefined, type: DataType = DataType.FLOAT): string {
    this.inputs.push(makeValueInfo(name, type, dims));
    return name;
  }

  output(name: string, dims?: readonly Dim[], type: DataType = DataType.FLOAT): string {
    this.outputs.push(makeValueInfo(name, type, dims));
    return name;
  }

  initializer(tensor: TensorProto): string {
    this.initializers.push(tensor);
    return tensor.name;
  }

  /** A float32 constant. */
  float(values: number | ArrayLike<number>, dims?: readonly number[]): string {
    const list = typeof values === 'number' ? [values] : values;
    const ownDims = typeof values === 'number' ? [] : [list.length];
    return this.initializer(floatTensor(this.fresh('c'), dims ?? ownDims, list));
  }

  /** An int64 constant: a scalar for a number, a vector for a list. */
  ints(values: number | readonly number[]): string {
    const list = typeof values === 'number' ? [values] : values;
    return this.initializer(int64Tensor(this.fresh('i'), typeof values === 'number' ? [] : [list.length], list));
  }

  /** Adds a node and returns its first output. `outputs` names them; by default one fresh name. */
  op(
    opType: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    extra: { outputs?: readonly string[]; domain?: string } = {},
  ): string {
    const outputs = extra.outputs ?? [this.fresh(opType)];
    const domain = extra.domain ? { domain: extra.domain } : {};
    this.nodes.push(makeNode(opType, inputs, outputs, attributes, domain));
    if (extra.domain) this.import(extra.domain);
    return elementOf(outputs, 0, 'outputs');
  }

  /** Adds a node with `count` fresh outputs and returns their names. */
  ops(
    opType: string,
    count: number,
    inputs: readonly string[],
    attributes: Attributes = {},
    domain?: string,
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.fresh(opType));
    this.op(opType, inputs, attributes, domain ? { outputs, domain } : { outputs });
    return outputs;
  }

  /** Copies an existing node into this graph as it is. */
  append(node: NodeProto): void {
    this.nodes.push(node);
    if (node.domain) this.import(node.domain);
  }

  /** Declares the operators of another domain than the standard one, of this version at least. */
  import(domain: string, version = 1): void {
    this.domains.set(domain, Math.max(version, this.domains.get(domain) ?? 1));
  }

  /** Declares all other domains that a model does, whose nodes are appended here. */
  importAll({ opsetImport }: ModelProto): void {
    for (const { domain, version } of opsetImport) if (domain !== '') this.import(domain, Number(version));
  }

  build(opset = BUILDER_OPSET, irVersion = Math.max(BUILDER_IR_VERSION, irVersionOf(opset))): ModelProto {
    const others = [...this.domains].map(([domain, version]) => ({ domain, version }));
    const imports = [{ domain: '', version: opset }, ...others];
    return create(ModelProtoSchema, {
      irVersion: BigInt(irVersion),
      producerName: 'coldpress',
      opsetImport: imports.map(({ domain, version }) =>
        create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
      ),
      graph: create(GraphProtoSchema, {
        name: 'coldpress',
        node: this.nodes,
        initializer: this.initializers,
        input: this.inputs,
        output: this.outputs,
      }),
    });
  }
}

/**
 * A tensor-typed value declaration; without `dims` the rank is unknown, with UNDEFINED the type is left to the runtime
 * to infer.
 */
export function makeValueInfo(name: string, elemType: DataType, dims?: readonly Dim[]): ValueInfoProto {
  if (elemType === DataType.UNDEFINED) return create(ValueInfoProtoSchema, { name });
  const dim = (value: Dim) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof value === 'number' ? { case: 'dimValue', value: BigInt(value) } : { case: 'dimParam', value },
    });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: 'tensorType',
        value: {
          $typeName: 'onnx.TypeProto.Tensor',
          elemType,
          ...(dims ? { shape: { $typeName: 'onnx.TensorShapeProto', dim: dims.map(dim) } } : {}),
        },
      },
    }),
  });
}

/**
 * The declared dimensions of a value, or undefined when its rank is unknown or it is not a tensor; unnamed dynamic dims
 * are ''.
 */
export function valueDims(info: ValueInfoProto): Dim[] | undefined {
  const type = info.type?.value;
  if (type?.case !== 'tensorType' || !type.value.shape) return undefined;
  return type.value.shape.dim.map((dim) =>
    dim.value.case === 'dimValue' ? Number(dim.value.value) : (dim.value.value ?? ''),
  );
}

/** The element type of a value, UNDEFINED when it is not a tensor. */
export function valueElemType(info: ValueInfoProto): DataType {
  const type = info.type?.value;
  return type?.case === 'tensorType' ? type.value.elemType : DataType.UNDEFINED;
}
