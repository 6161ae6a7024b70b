import { formatDuration, type ListedTrial } from '#contracts';
import { useState } from 'react';
import { ChartData } from '../components/chart-data.js';
import { scaleOf } from '../scale.js';
import { useWidth } from '../width.js';
import { trialLanes } from './trial-lanes.js';

/** More are not told apart. */
const MOST_SHOWN = 400;
const MOST_LANES = 24;
const LANE = 16;
const BAR = 11;
const EDGE = { left: 12, right: 12, bottom: 40 };

/** When each trial ran, those at a time below each other; drawn while it is open. */
export function TrialTimeline({ trials }: { trials: readonly ListedTrial[] }) {
  const [isOpen, setOpen] = useState(false);
  if (trials.length === 0) return null;
  return (
    <section aria-label="Timeline of trials">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h2>When each trial ran</h2>
        </summary>
        {isOpen && <Lanes trials={trials} />}
      </details>
    </section>
  );
}

function Lanes({ trials }: { trials: readonly ListedTrial[] }) {
  const [box, width] = useWidth<HTMLDivElement>(720);
  const laned = trialLanes(trials.slice(-MOST_SHOWN), Date.now());
  const first = Math.min(...laned.map(({ from }) => from));
  const ends = laned.map(({ to }) => (to - first) / 1000);
  const lanes = Math.min(MOST_LANES, 1 + Math.max(...laned.map(({ lane }) => lane)));
  const height = lanes * LANE + EDGE.bottom;
  const { at, ticks } = scaleOf([0, ...ends], EDGE.left, width - EDGE.right, { air: 0.02, count: 6 });
  const seconds = (moment: number) => at((moment - first) / 1000);
  const data = () => ({
    columns: ['trial', 'state', 'began after (s)', 'took (s)'],
    rows: laned.map(({ trial, from, to }) => [trial.number, trial.state, (from - first) / 1000, (to - from) / 1000]),
  });
  return (
    <>
      {trials.length > MOST_SHOWN && <p className="quiet">The last {MOST_SHOWN} trials.</p>}
      <div ref={box} className="card plot timeline">
        <svg width={width} height={height} role="img" aria-label={`When each of ${laned.length} trials ran`}>
          {laned
            .filter(({ lane }) => lane < MOST_LANES)
            .map(({ trial, from, to, lane }) => (
              <rect
                key={trial.number}
                className={trial.state}
                x={seconds(from)}
                y={lane * LANE + 4}
                width={Math.max(2, seconds(to) - seconds(from) - 1)}
                height={BAR}
                rx={2}
              >
                <title>{`trial ${trial.number}, ${trial.state}: ${formatDuration((to - from) / 1000)}`}</title>
              </rect>
            ))}
          {ticks
            .filter((tick) => tick >= 0)
            .map((tick) => (
              <text key={tick} x={at(tick)} y={height - 22} textAnchor="middle">
                {formatDuration(tick)}
              </text>
            ))}
          <text x={width / 2} y={height - 5} textAnchor="middle">
            since the first of these trials began
          </text>
        </svg>
      </div>
      <ChartData title="the timeline of trials" fileName="trials-timeline.csv" data={data} />
    </>
  );
}
