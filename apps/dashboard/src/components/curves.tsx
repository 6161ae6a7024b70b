import { curveNames, curveOf, curveTitle, type CurvePoint } from '../curve-names.js';
import { figure } from '../format.js';
import { scaleOf } from '../scale.js';
import { useWidth } from '../width.js';

const HEIGHT = 150;
const EDGE = { left: 56, right: 10, top: 10, bottom: 34 };

/** What a running pass learns, each figure as a line over its steps; the newest value stands above. */
export function Curves({ points }: { points: CurvePoint[] }) {
  const names = curveNames(points).filter((name) => curveOf(points, name).points.length > 1);
  if (names.length === 0) return null;
  return (
    <div className="curves">
      {names.map((name) => (
        <Curve key={name} name={name} all={points} />
      ))}
    </div>
  );
}

function Curve({ name, all }: { name: string; all: CurvePoint[] }) {
  const [box, width] = useWidth<HTMLElement>(320);
  const { unit, xTitle, points } = curveOf(all, name);
  const x = scaleOf(
    points.map(([at]) => at),
    EDGE.left,
    width - EDGE.right,
    { air: 0, count: 4 },
  );
  const y = scaleOf(
    points.map(([, value]) => value),
    HEIGHT - EDGE.bottom,
    EDGE.top,
    { air: 0.05, count: 3 },
  );
  const write = (value: number) => `${figure(value)}${unit && ` ${unit}`}`;
  const [first, last] = [points[0]?.[1] ?? 0, points.at(-1)?.[1] ?? 0];
  return (
    <figure ref={box}>
      <figcaption>
        {curveTitle(name)} <strong>{write(last)}</strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`${curveTitle(name)} over ${xTitle}, from ${write(first)} to ${write(last)}`}
      >
        {y.ticks.map((tick) => (
          <g key={tick} className="tick">
            <line x1={EDGE.left} x2={width - EDGE.right} y1={y.at(tick)} y2={y.at(tick)} />
            <text x={EDGE.left - 6} y={y.at(tick) + 4} textAnchor="end">
              {figure(Number(tick.toPrecision(10)))}
            </text>
          </g>
        ))}
        {x.ticks.map((tick) => (
          <text key={tick} x={x.at(tick)} y={HEIGHT - EDGE.bottom + 15} textAnchor="middle">
            {figure(Number(tick.toPrecision(10)))}
          </text>
        ))}
        <text x={(EDGE.left + width - EDGE.right) / 2} y={HEIGHT - 4} textAnchor="middle">
          {xTitle}
        </text>
        <polyline points={points.map(([at, value]) => `${x.at(at).toFixed(1)},${y.at(value).toFixed(1)}`).join(' ')} />
      </svg>
    </figure>
  );
}
