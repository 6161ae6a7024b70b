import type { LayerNode, NodeTiming } from '#contracts';

/** The time of a layer and where it ran. */
export interface LayerTime {
  share: number;
  meanUs: number;
  provider: string | null;
}

/** What the runtime adds to the name of a node that it puts in the place of others. */
const ADDED = /(_nchwc|_quant|_token_\d+|_fused|_transformed.*)+$/i;

/**
 * Times by layer. The runtime runs a graph of its own: its nodes are found by their names, or by those that they were made from. `unplaced` is the
 * share of time of nodes that no layer has the name of.
 */
export function timesByLayer(
  layers: readonly LayerNode[],
  timings: readonly NodeTiming[],
): { times: ReadonlyMap<string, LayerTime>; unplaced: number } {
  const names = new Set(layers.map(({ name }) => name));
  const times = new Map<string, LayerTime>();
  let unplaced = 0;
  for (const { name, share, meanUs, provider } of timings) {
    const layer = [name, name.replace(ADDED, '')].find((each) => names.has(each));
    if (layer === undefined) {
      unplaced += share;
      continue;
    }
    const known = times.get(layer);
    times.set(layer, {
      share: share + (known?.share ?? 0),
      meanUs: meanUs + (known?.meanUs ?? 0),
      provider: known?.provider ?? provider,
    });
  }
  return { times, unplaced };
}
