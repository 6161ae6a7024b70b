import { intAttribute, tensorAttribute } from './attributes.js';
import { valueElemType } from './builder.js';
import { DataType, type GraphProto, type NodeProto } from './proto.js';

/** Operators whose result has the type of another input than the first. */
const TYPED_BY: Record<string, number> = { Where: 1, OneHot: 2, DequantizeLinear: 1 };

/**
 * The element type of a value, as declared or as it follows from the types of what it is computed from; FLOAT where neither tells. `graphs` are that
 * of the reader and those around it.
 */
export function elementTypeOf(graphs: readonly GraphProto[], value: string): DataType {
  const producers = new Map(graphs.toReversed().flatMap(({ node }) => node.flatMap((each) => each.output.map((name): [string, NodeProto] => [name, each]))));
  const declared = declaredTypes(graphs);
  for (let name = value; name !== ''; ) {
    const known = declared.get(name);
    if (known) return known;
    const node = producers.get(name);
    if (!node) break;
    producers.delete(name);
    const told = toldType(node);
    if (told) return told;
    name = node.input[TYPED_BY[node.opType] ?? 0] ?? '';
  }
  return DataType.FLOAT;
}

/** Types that the graphs tell of, those of the innermost where several do; UNDEFINED is none. */
function declaredTypes(graphs: readonly GraphProto[]): Map<string, DataType> {
  return new Map(graphs.toReversed().flatMap(({ input, output, valueInfo, initializer }) => [
    ...[...input, ...output, ...valueInfo].map((info): [string, DataType] => [info.name, valueElemType(info)]),
    ...initializer.map((tensor): [string, DataType] => [tensor.name, tensor.dataType]),
  ]));
}

/** The type that a node itself tells of its first output. */
function toldType(node: NodeProto): DataType | undefined {
  if (node.opType === 'Cast') return intAttribute(node, 'to', DataType.FLOAT);
  return node.opType === 'Constant' ? tensorAttribute(node, 'value')?.dataType : undefined;
}
