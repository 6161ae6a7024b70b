import type { SweepResults } from '#contracts';
import { useMemo } from 'react';
import { ChartData } from '../components/chart-data.js';
import { LineChart } from '../components/line-chart.js';

const HEIGHT = 180;

/** How much of the space of figures the front covers, over the trials that ended. */
export function Hypervolume({ hypervolume }: Pick<SweepResults, 'hypervolume'>) {
  const places = useMemo(() => hypervolume.map(({ trials }) => trials), [hypervolume]);
  const lines = useMemo(
    () => [{ label: 'covered', colour: '--accent', values: hypervolume.map((point) => point.hypervolume) }],
    [hypervolume],
  );
  const last = hypervolume.at(-1);
  if (!last || hypervolume.length < 2) return <p className="quiet">It is drawn once two trials added to the front.</p>;
  const data = () => ({
    columns: ['trials', 'hypervolume'],
    rows: hypervolume.map((point) => [point.trials, point.hypervolume]),
  });
  return (
    <>
      <div className="card plot">
        <LineChart
          label={`hypervolume over trials, from ${percent(hypervolume[0]?.hypervolume ?? 0)} to ${percent(last.hypervolume)} after ${last.trials} trials`}
          height={HEIGHT}
          x={{ title: 'trials that ended', format: String, range: [0, last.trials], isWhole: true }}
          y={{ title: 'covered by the front', format: percent, range: [0, 1.02] }}
          places={places}
          lines={lines}
          isStepped
        />
      </div>
      <ChartData title="the hypervolume" fileName="hypervolume.csv" data={data} />
    </>
  );
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
