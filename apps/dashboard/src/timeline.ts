/** A span of time, ms since 1970. */
export interface StageSpan {
  from: number;
  to: number;
}

/** A scale on which every moment of the spans has its place, and idle time takes little room. */
export interface FoldedScale {
  at(moment: number): number;
  /** Idle times that were folded: where they stand, and how long they were, ms. */
  folds: readonly { at: number; ms: number }[];
}

/** Idle time beyond this share of the busy time is folded to it. */
const KEPT_SHARE = 0.06;

/** Lays the union of the spans out between 0 and `width`. */
export function foldedScale(spans: readonly StageSpan[], width: number): FoldedScale {
  const busy = merged(spans);
  const total = busy.reduce((sum, { from, to }) => sum + to - from, 0);
  const kept = Math.max(1, total * KEPT_SHARE);
  const gaps = busy.slice(1).map(({ from }, index) => from - (busy[index]?.to ?? from));
  const length = total + gaps.reduce((sum, gap) => sum + Math.min(gap, kept), 0);
  const scale = width / (length || 1);
  const starts: number[] = [];
  busy.reduce((start, { from, to }, index) => {
    starts.push(start);
    return start + to - from + Math.min(gaps[index] ?? 0, kept);
  }, 0);
  const at = (moment: number): number => {
    const index = Math.max(
      0,
      busy.findLastIndex(({ from }) => from <= moment),
    );
    const { from = 0, to = 0 } = busy[index] ?? {};
    return scale * ((starts[index] ?? 0) + Math.min(Math.max(moment, from), to) - from);
  };
  const folds = gaps.flatMap((ms, index) => {
    const end = busy[index]?.to ?? 0;
    return ms > kept ? [{ at: at(end) + (scale * kept) / 2, ms }] : [];
  });
  return { at, folds };
}

function merged(spans: readonly StageSpan[]): StageSpan[] {
  const made: StageSpan[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = made.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else made.push({ from, to });
  }
  return made;
}
