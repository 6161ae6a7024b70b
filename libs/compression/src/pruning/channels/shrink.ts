import { sliceTensor, type Graph, type TensorProto, type Shapes, known } from '#onnx';
import type { Coordinates } from './coordinates.js';
import { MendContext } from './rules/rule.js';
import { ruleOf } from './rules/index.js';

/**
 * Removes units of coordinates from a graph, in place: sizes that attributes and constants spell out are mended, then
 * every stored tensor is cut along every axis that lost entries. Returns the shape that each value must now have.
 */
export function removeUnits(graph: Graph, coordinates: Coordinates, removed: ReadonlySet<number>): Shapes {
  const constants = new Map<string, string>();
  for (const node of [...graph.nodes])
    ruleOf(node)?.mend?.(new MendContext(graph, node, coordinates, removed, constants));
  for (const tensor of [...graph.proto.initializer]) {
    const shrunk = shrinkTensor(tensor, coordinates, removed);
    if (shrunk !== tensor) graph.replaceInitializer(shrunk);
  }
  const shapes = shapesAfter(coordinates, removed);
  // Declared shapes of inner values are optional, and those that changed would now be wrong.
  graph.proto.valueInfo = graph.proto.valueInfo.filter(({ name }) =>
    coordinates.dims(name)?.every((length, axis) => length === known(shapes, name, 'shapes')[axis]),
  );
  graph.removeDeadCode();
  return shapes;
}

/** Every value's dimensions once the units are gone. */
export function shapesAfter(coordinates: Coordinates, removed: ReadonlySet<number>): Map<string, readonly number[]> {
  return new Map(
    [...coordinates.values()].map((value) => [
      value,
      coordinates.dimsOf(value).map((_, axis) => kept(coordinates, value, axis, removed).length),
    ]),
  );
}

function shrinkTensor(tensor: TensorProto, coordinates: Coordinates, removed: ReadonlySet<number>): TensorProto {
  const dims = coordinates.dims(tensor.name);
  if (!dims) return tensor;
  return dims.reduce((current, length, axis) => {
    const keep = kept(coordinates, tensor.name, axis, removed);
    return keep.length === length ? current : sliceTensor(current, axis, keep);
  }, tensor);
}

function kept(coordinates: Coordinates, value: string, axis: number, removed: ReadonlySet<number>): number[] {
  return Array.from({ length: coordinates.dimsOf(value)[axis]! }, (_, i) => i).filter(
    (i) => !removed.has(coordinates.find(coordinates.at(value, axis, i))),
  );
}
