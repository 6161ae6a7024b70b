import type { LayerNode } from '#contracts';

/** Lanes that are told apart; branches beyond share the last. */
const MAX_LANES = 12;

/**
 * A lane for each node, so that its line downwards meets no other node before the last that reads it: the leftmost that
 * is free, which on a plain path is its predecessor's.
 */
export function lanesOf(nodes: readonly Pick<LayerNode, 'from'>[]): number[] {
  const lastReader = nodes.map((_, place) => place);
  nodes.forEach(({ from }, place) => from.forEach((source) => (lastReader[source] = place)));
  const heldUntil: number[] = [];
  return nodes.map((_, place) => {
    const free = heldUntil.findIndex((until) => until <= place);
    const lane = Math.min(free < 0 ? heldUntil.length : free, MAX_LANES - 1);
    heldUntil[lane] = Math.max(lastReader[place] ?? place, heldUntil[lane] ?? 0);
    return lane;
  });
}
