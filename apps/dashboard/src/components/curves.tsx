import { figure } from '../format.js';

const WIDTH = 240;
const HEIGHT = 56;
const EDGE = 2;

/** What a running pass reports beside its progress, each figure as a line over the stage without axes; the newest value stands beneath. */
export function Curves({ points }: { points: Record<string, number>[] }) {
  const names = [...new Set(points.flatMap((point) => Object.keys(point)))].filter((name) => name !== 'fraction');
  if (points.length < 2 || names.length === 0) return null;
  return (
    <div className="curves">
      {names.map((name) => (
        <Curve
          key={name}
          name={name}
          points={points.flatMap((point) =>
            Number.isFinite(point[name]) ? [[point['fraction'] ?? 0, point[name]!] as const] : [],
          )}
        />
      ))}
    </div>
  );
}

function Curve({ name, points }: { name: string; points: (readonly [number, number])[] }) {
  const values = points.map(([, value]) => value);
  const highest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const lowest = values.reduce((least, value) => Math.min(least, value), Infinity);
  const y = (value: number) => HEIGHT - EDGE - ((value - lowest) / (highest - lowest || 1)) * (HEIGHT - 2 * EDGE);
  const path = points.map(([at, value]) => `${(at * WIDTH).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return (
    <figure>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${words(name)} over the stage, between ${figure(lowest)} and ${figure(highest)}`}
      >
        <polyline points={path} vectorEffect="non-scaling-stroke" />
      </svg>
      <figcaption>
        {words(name)} <strong>{figure(values.at(-1) ?? 0)}</strong>
      </figcaption>
    </figure>
  );
}

/** learningRate -> learning rate */
function words(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
}
