import type { ChannelCosts, CutTensor } from '#contracts';
import { toBinary } from '@bufbuild/protobuf';
import { dataTypeBits, nodeLabel, ValueInfoProtoSchema, type Graph } from '#onnx';
import type { Dependencies } from '../channels/groups.js';

/** Bytes of a field's tag and length around a declaration of a shape. */
const FRAME = 2;

/**
 * How sizes follow from what is removed: of each stored tensor the axes that groups cut, and the declared shapes of inner
 * values, which pruning drops where they would be wrong. Bytes are computed from these, not measured.
 */
export function cutSizes(graph: Graph, dependencies: Dependencies): Pick<ChannelCosts, 'tensors' | 'declared'> {
  const groupOf = groupsByUnit(dependencies);
  const tensors = graph.proto.initializer.flatMap((tensor): CutTensor[] => {
    const axes = axesOf(tensor.name, dependencies, groupOf);
    if (!axes.some(({ cuts }) => cuts.length > 0)) return [];
    const [reader] = graph.consumers(tensor.name);
    const node = reader ? nodeLabel(reader.node) : '';
    return [{ node, bits: dataTypeBits(tensor.dataType) ?? 8, axes }];
  });
  const declared = graph.proto.valueInfo.flatMap((info) => {
    const axes = axesOf(info.name, dependencies, groupOf);
    const groups = [...new Set(axes.flatMap(({ cuts }) => cuts.map(({ group }) => group)))];
    return groups.length > 0 ? [{ bytes: toBinary(ValueInfoProtoSchema, info).length + FRAME, groups }] : [];
  });
  return { tensors, declared };
}

function groupsByUnit({ groups }: Dependencies): Map<number, number> {
  return new Map(groups.flatMap(({ units }, group) => units.map((unit) => [unit, group] as const)));
}

/** The axes of a value with the entries of each that a group's channels have; none where its shape is not known. */
function axesOf(
  value: string,
  { coordinates, groups }: Dependencies,
  groupOf: ReadonlyMap<number, number>,
): CutTensor['axes'] {
  return (coordinates.dims(value) ?? []).map((length, axis) => {
    const entries = new Map<number, number>();
    for (let i = 0; i < length; i++) {
      const group = groupOf.get(coordinates.find(coordinates.at(value, axis, i)));
      if (group !== undefined) entries.set(group, (entries.get(group) ?? 0) + 1);
    }
    const cuts = [...entries].map(([group, count]) => ({ group, each: count / (groups[group]?.units.length ?? 1) }));
    return { length, cuts };
  });
}
