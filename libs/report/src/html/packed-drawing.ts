import type { Drawing, DrawnLayer, LayerFigure } from '#model-graph';

/** A layer with what repeats given by its place in a list: operator, reason (-1 for none) and figures (-1 for none, one for each view). */
type PackedLayer = readonly [
  name: string,
  operator: number,
  lane: number,
  reason: number,
  inputBits: number | null,
  from: readonly number[],
  figures: readonly number[],
];

/** A drawing as small as JSON makes it; the page's script unpacks it. */
export interface PackedDrawing {
  rows: Drawing['rows'];
  views: Drawing['views'];
  texts: readonly string[];
  figures: readonly LayerFigure[];
  before: readonly PackedLayer[];
  after: readonly PackedLayer[];
}

export function packDrawing({ rows, views, before, after }: Drawing): PackedDrawing {
  const texts = new Places<string>((text) => text);
  const figures = new Places<LayerFigure>(({ words, shade }) => `${shade} ${words}`);
  const packed = ({ name, operator, lane, reason, inputBits, from, figures: known }: DrawnLayer): PackedLayer => [
    name,
    texts.of(operator),
    lane,
    texts.of(reason),
    inputBits,
    from,
    known.map((figure) => figures.of(figure)),
  ];
  return {
    rows,
    views,
    before: before.map(packed),
    after: after.map(packed),
    texts: texts.list,
    figures: figures.list,
  };
}

/** A list in which each thing stands once. */
class Places<T> {
  readonly list: T[] = [];
  private readonly known = new Map<string, number>();

  constructor(private readonly keyOf: (item: T) => string) {}

  /** The place of an item; -1 for none. */
  of(item: T | null): number {
    if (item === null) return -1;
    const key = this.keyOf(item);
    const place = this.known.get(key) ?? this.list.push(item) - 1;
    this.known.set(key, place);
    return place;
  }
}
