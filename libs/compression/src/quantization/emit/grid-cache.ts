import type { GridWeight } from '../grid/weight-grid.js';

/** Weights that were rounded to nearest already: trials that differ in activations round the same ones again. */
export class GridCache {
  private readonly entries = new Map<string, { scales: Float32Array; grid: GridWeight }>();

  /** The weight of this key on these scales; the last scales of each key are kept. */
  async get(key: string, scales: Float32Array, round: () => Promise<GridWeight>): Promise<GridWeight> {
    const entry = this.entries.get(key);
    const isSame =
      entry?.scales.length === scales.length && entry.scales.every((scale, channel) => scale === scales[channel]);
    if (entry && isSame) return entry.grid;
    const grid = await round();
    this.entries.set(key, { scales, grid });
    return grid;
  }
}
