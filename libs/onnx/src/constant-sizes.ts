import { elementOf } from './accessors.js';
import { valueDims } from './builder.js';
import type { Graph } from './graph.js';
import type { Shape } from './shape-rule.js';
import type { SizeValue } from './size-value.js';
import { inferFrom } from './static-shapes.js';

/**
 * Lengths that stand for free dimensions, the batch apart: what follows from them differs between the entries, a part of
 * a batch too (frames of a film that are told apart). The last is for what is cut to a length.
 */
const LENGTHS: readonly { batch: number; free: number }[] = [
  { batch: 2, free: 64 },
  { batch: 3, free: 96 },
  { batch: 5, free: 1536 },
  { batch: 960, free: 2048 },
  { batch: 1, free: 1 },
];

/** Inferences that must know a size before it is believed. */
const ENOUGH = 2;

/**
 * The computed sizes of a graph that are the same whatever lengths its free dimensions have: of channels, which weights
 * decide, and of all that the inputs fix. Told by inferring the graph's shapes for several lengths; a size counts that
 * differs for none.
 */
export function constantSizes(graph: Graph): Map<string, SizeValue> {
  const inferred = LENGTHS.map((lengths) => inferFrom(graph, inputShapes(graph, lengths)).sizes);
  const constant = new Map<string, SizeValue>();
  for (const name of new Set(inferred.flatMap((sizes) => [...sizes.keys()]))) {
    const known = inferred.flatMap((sizes) => sizes.get(name) ?? []);
    if (known.length >= ENOUGH && known.every((size) => isSame(size, elementOf(known, 0, 'known'))))
      constant.set(name, elementOf(known, 0, 'known'));
  }
  return constant;
}

function isSame(a: SizeValue, b: SizeValue): boolean {
  const isAlike = a.type === b.type && a.dims.join() === b.dims.join();
  return isAlike && a.values.join() === b.values.join();
}

/** The inputs' shapes, each free dimension with a length of its own; dimensions of one name have one. */
function inputShapes(graph: Graph, { batch, free }: { batch: number; free: number }): Map<string, Shape> {
  const lengths = new Map<string, number>();
  const lengthOf = (name: string, isBatch: boolean) => {
    const length = isBatch ? batch : free * (1 + lengths.size);
    if (name !== '') lengths.set(name, lengths.get(name) ?? length);
    else lengths.set(`unnamed ${lengths.size}`, length);
    return lengths.get(name) ?? length;
  };
  return new Map(
    graph.inputs.flatMap((input): [string, Shape][] => {
      const dims = valueDims(input)?.map((dim, axis) =>
        typeof dim === 'number' && dim > 0 ? dim : lengthOf(String(dim || ''), axis === 0),
      );
      return dims ? [[input.name, dims]] : [];
    }),
  );
}
