import { jobTitle, type Axis, type Point } from '../trade-offs.js';

const WIDTH = 720;
const HEIGHT = 360;
const EDGE = { left: 90, right: 30, top: 20, bottom: 50 };
const TICKS = 5;

/** Quality over cost: each job a dot that leads to it, the best trade-offs joined by a line. */
export function TradeOffPlot({ points, cost, quality }: { points: Point[]; cost: Axis; quality: Axis }) {
  const x = scale(
    points.map((point) => point.cost),
    EDGE.left,
    WIDTH - EDGE.right,
  );
  const y = scale(
    points.map((point) => point.quality),
    HEIGHT - EDGE.bottom,
    EDGE.top,
  );
  const best = points.filter(({ isBest }) => isBest);
  return (
    <svg
      className="trade-offs card"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="group"
      aria-label={`${quality.title} over ${cost.title}`}
    >
      {x.ticks.map((tick) => (
        <g key={tick} className="tick">
          <line x1={x.at(tick)} x2={x.at(tick)} y1={EDGE.top} y2={HEIGHT - EDGE.bottom} />
          <text x={x.at(tick)} y={HEIGHT - EDGE.bottom + 18} textAnchor="middle">
            {cost.format(tick)}
          </text>
        </g>
      ))}
      {y.ticks.map((tick) => (
        <g key={tick} className="tick">
          <line x1={EDGE.left} x2={WIDTH - EDGE.right} y1={y.at(tick)} y2={y.at(tick)} />
          <text x={EDGE.left - 8} y={y.at(tick) + 4} textAnchor="end">
            {quality.format(tick)}
          </text>
        </g>
      ))}
      <text className="title" x={(EDGE.left + WIDTH - EDGE.right) / 2} y={HEIGHT - 8} textAnchor="middle">
        {cost.title}
      </text>
      <polyline points={best.map((point) => `${x.at(point.cost)},${y.at(point.quality)}`).join(' ')} />
      {points.map((point, index) => (
        <Dot
          key={point.job?.id ?? index}
          point={point}
          x={x.at(point.cost)}
          y={y.at(point.quality)}
          label={`${cost.format(point.cost)}, ${quality.format(point.quality)}`}
        />
      ))}
    </svg>
  );
}

function Dot({ point: { job, isBest }, x, y, label }: { point: Point; x: number; y: number; label: string }) {
  const name = job ? jobTitle(job) : 'original';
  const circle = (
    <circle cx={x} cy={y} r="6" className={job ? (isBest ? 'best' : 'beaten') : 'original'}>
      <title>{`${name}: ${label}`}</title>
    </circle>
  );
  return job ? (
    <a href={`#/jobs/${job.id}`} aria-label={`${name}: ${label}`}>
      {circle}
    </a>
  ) : (
    circle
  );
}

/** A linear scale with a tenth of air on both sides. */
function scale(values: number[], from: number, to: number): { at(value: number): number; ticks: number[] } {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const air = (most - least || Math.abs(most) || 1) / 10;
  const [low, high] = [least - air, most + air];
  const at = (value: number) => from + ((value - low) / (high - low)) * (to - from);
  return {
    at,
    ticks: Array.from({ length: TICKS }, (_, index) => least + ((most - least) * index) / (TICKS - 1)).filter(
      (tick, index, all) => all.indexOf(tick) === index,
    ),
  };
}
