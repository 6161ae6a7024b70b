import { sliceTensor, type Graph, type TensorProto, type Shapes, elementOf, known } from '#onnx';
import type { Coordinates } from './coordinates.js';
import { MendContext, keptEntries, type Removal } from './rules/rule.js';
import { ruleOf } from './rules/index.js';

/**
 * Removes units of coordinates from a graph, in place: sizes that attributes and constants spell out are mended, then
 * every stored tensor is cut along every axis that lost entries. Returns the shape that each value must now have.
 */
export function removeUnits(graph: Graph, coordinates: Coordinates, removed: ReadonlySet<number>): Shapes {
  const shapes = shapesAfter(coordinates, removed);
  const removal: Removal = { removed, shapes, constants: new Map() };
  for (const node of [...graph.nodes]) ruleOf(node)?.mend?.(new MendContext(graph, node, coordinates, removal));
  for (const tensor of [...graph.proto.initializer]) {
    const shrunk = shrinkTensor(tensor, coordinates, removal);
    if (shrunk !== tensor) graph.replaceInitializer(shrunk);
  }
  // Declared shapes of inner values are optional, and those that changed would now be wrong.
  graph.proto.valueInfo = graph.proto.valueInfo.filter(({ name }) =>
    coordinates.dims(name)?.every((length, axis) => length === known(shapes, name, 'shapes')[axis]),
  );
  graph.removeDeadCode();
  return shapes;
}

/** Every value's dimensions once the units are gone. */
export function shapesAfter(coordinates: Coordinates, removed: ReadonlySet<number>): Map<string, readonly number[]> {
  const shapes = new Map([...coordinates.values()].map((value) => [value, coordinates.dimsOf(value)]));
  const changed = new Map<string, number[]>();
  for (const root of removed) {
    for (const { value, axis, count } of coordinates.placesOf(root)) {
      const dims = changed.get(value) ?? [...coordinates.dimsOf(value)];
      dims[axis] = elementOf(dims, axis, 'dims') - count;
      changed.set(value, dims);
    }
  }
  for (const [value, dims] of changed) shapes.set(value, dims);
  return shapes;
}

function shrinkTensor(tensor: TensorProto, coordinates: Coordinates, { removed, shapes }: Removal): TensorProto {
  const dims = coordinates.dims(tensor.name);
  const after = shapes.get(tensor.name);
  if (!dims || !after) return tensor;
  return dims.reduce(
    (current, length, axis) =>
      after[axis] === length
        ? current
        : sliceTensor(current, axis, keptEntries(coordinates, tensor.name, axis, removed)),
    tensor,
  );
}
