const WIDTH = 320;
const HEIGHT = 56;

/** The training loss over the stage, as a line without axes; the last value stands beside it. */
export function Curve({ points }: { points: Record<string, number>[] }) {
  const losses = points.flatMap((point) => (point['loss'] === undefined ? [] : [{ at: point['fraction'] ?? 0, loss: point['loss'] }]));
  if (losses.length < 2) return null;
  const highest = Math.max(...losses.map(({ loss }) => loss));
  const lowest = Math.min(...losses.map(({ loss }) => loss), 0);
  const y = (loss: number) => HEIGHT - 2 - ((loss - lowest) / (highest - lowest || 1)) * (HEIGHT - 4);
  const path = losses.map(({ at, loss }) => `${(at * WIDTH).toFixed(1)},${y(loss).toFixed(1)}`).join(' ');
  return (
    <figure className="curve">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="training loss">
        <polyline points={path} />
      </svg>
      <figcaption>loss {losses.at(-1)!.loss.toFixed(4)}</figcaption>
    </figure>
  );
}
