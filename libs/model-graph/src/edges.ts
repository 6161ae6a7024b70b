import type { Drawing } from './drawing.js';

/** A line from a layer to one that reads it, in rows and lanes. */
export interface Edge {
  from: { row: number; lane: number };
  to: { row: number; lane: number };
}

/** The lines of one model of a drawing. It stands by itself, since the HTML report carries its source. */
export function edgesOf(drawing: Pick<Drawing, 'rows' | 'before' | 'after'>, side: 'before' | 'after'): Edge[] {
  const { rows, [side]: layers } = drawing;
  const place = side === 'before' ? 0 : 1;
  const rowOf: number[] = [];
  rows.forEach((row, index) => {
    const layer = row[place];
    if (layer !== null) rowOf[layer] = index;
  });
  const end = (layer: number) => ({ row: rowOf[layer] ?? 0, lane: layers[layer]?.lane ?? 0 });
  return layers.flatMap(({ from }, to) => from.map((source) => ({ from: end(source), to: end(to) })));
}
