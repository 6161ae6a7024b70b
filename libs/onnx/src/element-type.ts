import { intAttribute, subgraphs, tensorAttribute } from './attributes.js';
import { valueElemType } from './builder.js';
import { DataType, type GraphProto, type NodeProto } from './proto.js';

/** Operators whose result has the type of another input than the first. */
const TYPED_BY: Record<string, number> = { Where: 1, OneHot: 2, DequantizeLinear: 1, CastLike: 1, QuantizeLinear: 2 };

/** Operators whose first result has a type of its own. */
const OWN_TYPES: Record<string, DataType> = {
  ...Object.fromEntries(
    ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Not', 'And', 'Or', 'Xor', 'IsNaN', 'IsInf'].map(
      (opType) => [opType, DataType.BOOL],
    ),
  ),
  ...Object.fromEntries(
    ['Shape', 'Size', 'ArgMax', 'ArgMin', 'NonZero', 'NonMaxSuppression'].map((opType) => [opType, DataType.INT64]),
  ),
};

/**
 * The element type of a value, as declared or as it follows from the types of what it is computed from; FLOAT where
 * neither tells. `graphs` are that of the reader and those around it.
 */
export function elementTypeOf(graphs: readonly GraphProto[], value: string): DataType {
  const producers = new Map(
    graphs
      .toReversed()
      .flatMap(({ node }) => node.flatMap((each) => each.output.map((name): [string, NodeProto] => [name, each]))),
  );
  const declared = declaredTypes(graphs);
  for (let name = value; name !== '';) {
    const known = declared.get(name);
    if (known) return known;
    const node = producers.get(name);
    if (!node) break;
    producers.delete(name);
    const told = toldType(node) ?? bodyType(graphs, node, name);
    if (told) return told;
    name = node.input[TYPED_BY[node.opType] ?? 0] ?? '';
  }
  return DataType.FLOAT;
}

/** Types that the graphs tell of, those of the innermost where several do; UNDEFINED is none. */
function declaredTypes(graphs: readonly GraphProto[]): Map<string, DataType> {
  return new Map(
    graphs
      .toReversed()
      .flatMap(({ input, output, valueInfo, initializer }) => [
        ...[...input, ...output, ...valueInfo].map((info): [string, DataType] => [info.name, valueElemType(info)]),
        ...initializer.map((tensor): [string, DataType] => [tensor.name, tensor.dataType]),
      ]),
  );
}

/** The type that a node itself tells of its first output. */
function toldType(node: NodeProto): DataType | undefined {
  if (node.opType === 'Cast') return intAttribute(node, 'to', DataType.FLOAT);
  if (node.opType === 'ConstantOfShape') return tensorAttribute(node, 'value')?.dataType ?? DataType.FLOAT;
  return node.opType === 'Constant' ? tensorAttribute(node, 'value')?.dataType : OWN_TYPES[node.opType];
}

/** The type that the body of an If or Loop gives an output of the node. */
function bodyType(graphs: readonly GraphProto[], node: NodeProto, value: string): DataType | undefined {
  const [body] = subgraphs(node);
  // A Loop's body tells first whether to go on.
  const output = body?.output[node.output.indexOf(value) + (node.opType === 'Loop' ? 1 : 0)];
  return body && output && elementTypeOf([body, ...graphs], output.name);
}
