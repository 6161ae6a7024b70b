import { layerWords, type Drawing } from '#model-graph';

export type Side = 'before' | 'after';

/** The models that a drawing shows. */
export const sidesOf = ({ before }: Drawing): Side[] => (before.length > 0 ? ['before', 'after'] : ['after']);

/** All that is known of the layers of a row, a text for each model. */
export function rowWords(drawing: Drawing, row: number): string[] {
  const [before = null, after = null] = drawing.rows[row] ?? [];
  const wordsOf = (side: Side, place: number | null, absent: string) => {
    const layer = drawing[side][place ?? -1];
    return layer ? layerWords(layer) : absent;
  };
  const texts = { before: wordsOf('before', before, 'not there'), after: wordsOf('after', after, 'gone') };
  return sidesOf(drawing).map((side) => texts[side]);
}

/** The next row after `start` whose words hold the text, from the top again after the last; null where none does. */
export function rowWith(drawing: Drawing, text: string, start: number): number | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return null;
  const count = drawing.rows.length;
  for (let step = 0; step < count; step++) {
    const row = (start + step) % count;
    if (rowWords(drawing, row).some((words) => words.toLowerCase().includes(wanted))) return row;
  }
  return null;
}
