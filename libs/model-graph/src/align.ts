import type { LayerNode, ModelPair } from '#contracts';

/** Places of one layer in the model before and after; null where it is in one of them alone. */
export type AlignedRow = readonly [before: number | null, after: number | null];

/**
 * Lines the layers of two models up: nodes of one name stand side by side, in the order of both as far as those agree,
 * and what one model alone has stands between.
 */
export function alignLayers({ before, after }: ModelPair): AlignedRow[] {
  const places = placesByName(after);
  const candidates = before.flatMap(({ name }, place): [number, number][] => {
    const other = places.get(name)?.shift();
    return other === undefined ? [] : [[place, other]];
  });
  const rows: AlignedRow[] = [];
  let [left, right] = [0, 0];
  const upTo = (leftEnd: number, rightEnd: number) => {
    for (; left < leftEnd; left++) rows.push([left, null]);
    for (; right < rightEnd; right++) rows.push([null, right]);
  };
  for (const [place, other] of longestRising(candidates)) {
    upTo(place, other);
    rows.push([place, other]);
    [left, right] = [place + 1, other + 1];
  }
  upTo(before.length, after.length);
  return rows;
}

function placesByName(nodes: readonly LayerNode[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [place, { name }] of nodes.entries()) places.set(name, [...(places.get(name) ?? []), place]);
  return places;
}

/** The longest part of pairs, rising in the first, that rises in the second as well (patience sorting). */
function longestRising(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const tails: number[] = [];
  const previous: number[] = [];
  pairs.forEach(([, value], index) => {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] ?? 0]?.[1] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = low > 0 ? (tails[low - 1] ?? -1) : -1;
    tails[low] = index;
  });
  const chosen: (readonly [number, number])[] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at] ?? -1) {
    const pair = pairs[at];
    if (pair) chosen.push(pair);
  }
  return chosen.toReversed();
}
