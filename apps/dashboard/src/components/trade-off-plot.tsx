import type { Axis } from '../axes.js';
import { ChartData } from './chart-data.js';
import { placeLabels } from '../place-labels.js';
import { scaleOf, type Scale } from '../scale.js';
import type { Point } from '../trade-offs.js';
import { useWidth } from '../width.js';

const HEIGHT = 360;
const EDGE = { left: 76, right: 24, top: 24, bottom: 50 };
/** Pixels a tick's text takes. */
const TICK_WIDTH = 90;

interface PlotProps {
  points: Point[];
  cost: Axis;
  quality: Axis;
  labelOf: (point: Point) => string;
}

/**
 * Quality over cost: each model a dot that leads to its job, the best trade-offs joined by a line, bars over what the
 * cost is known to lie between.
 */
export function TradeOffPlot({ points, cost, quality, labelOf }: PlotProps) {
  const [box, width] = useWidth<HTMLDivElement>(720);
  const x = scaleOf(
    points.flatMap((point) => [point.cost, ...point.costs.filter(Number.isFinite)]),
    EDGE.left,
    width - EDGE.right,
    { count: Math.max(2, Math.floor(width / TICK_WIDTH) - 1) },
  );
  const y = qualityScale(points);
  const at = (point: Point) => ({ x: x.at(point.cost), y: y.at(point.quality) });
  const textBoxes = points.map((point) => {
    const first = point.isBest || point.isOriginal;
    return { ...at(point), text: labelOf(point), first };
  });
  const labels = placeLabels(textBoxes, width);
  const best = points.filter(({ isBest }) => isBest);
  const data = () => ({
    columns: ['model', cost.title, `${cost.title}, low`, `${cost.title}, high`, quality.title, 'best trade-off'],
    rows: points.map((point) => [
      labelOf(point),
      ...[point.cost, ...point.costs].map(finite),
      finite(point.quality),
      point.isBest ? 'yes' : 'no',
    ]),
  });
  return (
    <>
      <div ref={box} className="card plot">
        <svg
          className="trade-offs"
          viewBox={`0 0 ${width} ${HEIGHT}`}
          width={width}
          height={HEIGHT}
          role="group"
          aria-label={`${quality.title} over ${cost.title}`}
        >
          <Grid x={x} y={y} width={width} cost={cost} quality={quality} />
          <polyline points={best.map((point) => `${at(point).x},${at(point).y}`).join(' ')} />
          {points
            .filter(({ costs }) => costs.every(Number.isFinite))
            .map((point) => (
              <line
                key={point.jobs[0]?.id ?? ''}
                className="spread"
                x1={x.at(point.costs[0])}
                x2={x.at(point.costs[1])}
                y1={y.at(point.quality)}
                y2={y.at(point.quality)}
              />
            ))}
          {points.map((point) => (
            <Dot
              key={point.jobs[0]?.id ?? ''}
              point={point}
              {...at(point)}
              label={`${labelOf(point)}: ${cost.format(point.cost)}, ${quality.format(point.quality)}`}
            />
          ))}
          {labels.map((label) => (
            <text
              key={`${label.x} ${label.y}`}
              className="label"
              x={label.x}
              y={label.y}
              textAnchor={label.anchor}
              aria-hidden="true"
            >
              {label.text}
            </text>
          ))}
        </svg>
      </div>
      <ChartData title="the trade-offs" fileName="trade-offs.csv" data={data} />
    </>
  );
}

/** What is without noise, or of an unknown length, is no number of a table. */
const finite = (value: number): number | string => (Number.isFinite(value) ? value : 'none');

function Grid({ x, y, width, cost, quality }: { x: Scale; y: Scale; width: number; cost: Axis; quality: Axis }) {
  return (
    <>
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
          <line x1={EDGE.left} x2={width - EDGE.right} y1={y.at(tick)} y2={y.at(tick)} />
          <text x={EDGE.left - 8} y={y.at(tick) + 4} textAnchor="end">
            {quality.format(tick)}
          </text>
        </g>
      ))}
      <text x={(EDGE.left + width - EDGE.right) / 2} y={HEIGHT - 8} textAnchor="middle">
        {cost.title}
      </text>
      <text x={8} y={14}>
        {quality.title}
      </text>
    </>
  );
}

/** What is without noise stands above all that has some. */
function qualityScale(points: readonly Point[]): Scale {
  const finite = points.flatMap((point) => point.qualities).filter(Number.isFinite);
  const hasIdentical = finite.length < 2 * points.length;
  const top = hasIdentical ? EDGE.top + 40 : EDGE.top;
  const scale = scaleOf(finite.length > 0 ? finite : [0], HEIGHT - EDGE.bottom, top);
  const at = (value: number) => (Number.isFinite(value) ? scale.at(value) : EDGE.top + 16);
  const ticks = finite.length > 0 ? scale.ticks : [];
  return { at, ticks: hasIdentical ? [...ticks, Infinity] : ticks };
}

function Dot({
  point: { jobs, isBest, isOriginal },
  x,
  y,
  label,
}: {
  point: Point;
  x: number;
  y: number;
  label: string;
}) {
  const circle = (
    <circle cx={x} cy={y} r="6" className={isOriginal ? 'original' : isBest ? 'best' : 'beaten'}>
      <title>{label}</title>
    </circle>
  );
  return jobs[0] ? (
    <a href={`#/jobs/${jobs[0].id}`} aria-label={label}>
      {circle}
    </a>
  ) : (
    circle
  );
}
