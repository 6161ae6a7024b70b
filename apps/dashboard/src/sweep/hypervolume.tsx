import type { SweepResults } from '#contracts';
import { scaleOf } from '../scale.js';
import { useWidth } from '../width.js';

const HEIGHT = 180;
const EDGE = { left: 54, right: 16, top: 12, bottom: 40 };

/** How much of the space of figures the front covers, over the trials that ended. */
export function Hypervolume({ hypervolume }: Pick<SweepResults, 'hypervolume'>) {
  const [box, width] = useWidth<HTMLDivElement>(560);
  const last = hypervolume.at(-1);
  if (!last || hypervolume.length < 2) return <p className="quiet">It is drawn once two trials added to the front.</p>;
  const x = scaleOf([0, last.trials], EDGE.left, width - EDGE.right, { air: 0.02, count: 6 });
  const y = scaleOf([0, 1], HEIGHT - EDGE.bottom, EDGE.top, { air: 0.02, count: 4 });
  // It rises at a trial and stays until the next.
  const steps = hypervolume.flatMap((point, index) => {
    const before = hypervolume[index - 1];
    return [...(before ? [[point.trials, before.hypervolume]] : []), [point.trials, point.hypervolume]];
  });
  const line = steps.map(([trials = 0, volume = 0]) => `${x.at(trials)},${y.at(volume)}`).join(' ');
  return (
    <div ref={box} className="card plot">
      <svg
        className="trade-offs"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`hypervolume over trials, from ${percent(hypervolume[0]?.hypervolume ?? 0)} to ${percent(last.hypervolume)} after ${last.trials} trials`}
      >
        {y.ticks.map((value) => (
          <g key={value} className="tick">
            <line x1={EDGE.left} x2={width - EDGE.right} y1={y.at(value)} y2={y.at(value)} />
            <text x={EDGE.left - 8} y={y.at(value) + 4} textAnchor="end">
              {percent(value)}
            </text>
          </g>
        ))}
        {x.ticks
          .filter((value) => value >= 0 && Number.isInteger(value))
          .map((value) => (
            <text key={value} x={x.at(value)} y={HEIGHT - EDGE.bottom + 18} textAnchor="middle">
              {value}
            </text>
          ))}
        <text className="label" x={(EDGE.left + width) / 2} y={HEIGHT - 6} textAnchor="middle">
          trials that ended
        </text>
        <polyline points={line} />
      </svg>
    </div>
  );
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
