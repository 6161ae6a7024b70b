import type { LayerNode } from '#contracts';
import { layerNode } from '#testing';

/** A path of so many layers, each reading the one before and some of them one further back. */
export const manyLayers = (count: number, more: Partial<LayerNode> = {}): LayerNode[] =>
  Array.from({ length: count }, (_, place) => {
    const from = [place - 1, ...(place % 5 === 0 ? [place - 3] : [])].filter((source) => source >= 0);
    return layerNode(`block${Math.floor(place / 10)}/layer${place}`, from, more);
  });
