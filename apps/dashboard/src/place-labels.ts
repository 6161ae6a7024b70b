/** A text that wants to stand beside a point. */
export interface Wish {
  x: number;
  y: number;
  text: string;
  /** Comes before the others where there is room for one. */
  first: boolean;
}

export interface Label {
  x: number;
  y: number;
  text: string;
  anchor: 'start' | 'end';
}

/** Of a 12 px text, about. */
const CHARACTER = 6.4;
const LINE = 14;
const GAP = 10;

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/**
 * Labels beside their points, those left out that would lie over a point or over another label, or leave the drawing.
 */
export function placeLabels(wishes: readonly Wish[], width: number): Label[] {
  const taken: Box[] = wishes.map(({ x, y }) => ({ left: x - 7, right: x + 7, top: y - 7, bottom: y + 7 }));
  const ordered = [...wishes].sort((a, b) => Number(b.first) - Number(a.first));
  return ordered.flatMap((wish) => {
    const isInside = (box: Box) => box.left >= 0 && box.right <= width;
    const isFree = (box: Box) => !taken.some((other) => overlap(box, other));
    const found = candidates(wish).find(({ box }) => isInside(box) && isFree(box));
    if (!found) return [];
    taken.push(found.box);
    return [found.label];
  });
}

function candidates({ x, y, text }: Wish): { label: Label; box: Box }[] {
  const length = text.length * CHARACTER;
  return [4, -10, 20].flatMap((drop) => {
    const [top, bottom] = [y + drop - LINE + 3, y + drop + 3];
    return [
      {
        label: { x: x + GAP, y: y + drop, text, anchor: 'start' as const },
        box: { left: x + GAP, right: x + GAP + length, top, bottom },
      },
      {
        label: { x: x - GAP, y: y + drop, text, anchor: 'end' as const },
        box: { left: x - GAP - length, right: x - GAP, top, bottom },
      },
    ];
  });
}

function overlap(a: Box, b: Box): boolean {
  const isBeside = a.right <= b.left || b.right <= a.left;
  return !isBeside && a.top < b.bottom && b.top < a.bottom;
}
