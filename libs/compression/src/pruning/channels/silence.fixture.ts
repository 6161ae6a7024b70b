import { DataType, floatTensor, makeTensor, tensorDims, tensorToFloats, type Graph } from '#onnx';
import type { Dependencies } from './groups.js';

/** Writes zeros over everything learned of every other channel: what the dependencies name, and nothing else. */
export function silence(graph: Graph, { coordinates, groups }: Dependencies): Set<number> {
  const everySecond = (units: readonly number[]) => units.filter((_, i) => i % 2 === 0 && units.length > 1);
  const silent = new Set(groups.flatMap(({ units }) => everySecond(units)));
  for (const tensor of [...graph.proto.initializer]) {
    const dims = tensorDims(tensor);
    const isInteger = tensor.dataType === DataType.INT8 || tensor.dataType === DataType.UINT8;
    if (dims.length === 0 || !coordinates.dims(tensor.name) || !(isInteger || tensor.dataType === DataType.FLOAT))
      continue;
    const isScale = graph
      .consumers(tensor.name)
      .some(
        ({ node, index }) =>
          (node.opType.endsWith('Linear') && index > 0) || (node.opType === 'BatchNormalization' && index === 4),
      );
    if (isScale) continue;
    const values = tensorToFloats(tensor).map((value, flat) =>
      dims.some((_, axis) => silent.has(coordinates.find(coordinates.at(tensor.name, axis, indexOn(dims, axis, flat)))))
        ? 0
        : value,
    );
    graph.replaceInitializer(
      isInteger
        ? makeTensor(
            tensor.name,
            tensor.dataType,
            dims,
            tensor.dataType === DataType.INT8 ? Int8Array.from(values) : Uint8Array.from(values),
          )
        : floatTensor(tensor.name, dims, values),
    );
  }
  return silent;
}

function indexOn(dims: readonly number[], axis: number, flat: number): number {
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  return Math.floor(flat / inner) % dims[axis]!;
}
