import { curveNames, curveOf, curveTitle, type ProgressPoint } from '../curve-names.js';
import { figure } from '../format.js';
import { ChartData } from './chart-data.js';
import { LineChart } from './line-chart.js';

const HEIGHT = 150;

/** What a running pass learns, each figure as a line over its steps; the newest value stands above. */
export function Curves({ points, pass }: { points: ProgressPoint[]; pass: string }) {
  const names = curveNames(points).filter((name) => curveOf(points, name).points.length > 1);
  if (names.length === 0) return null;
  return (
    <div className="curves">
      {names.map((name) => (
        <Curve key={name} name={name} all={points} pass={pass} />
      ))}
    </div>
  );
}

function Curve({ name, all, pass }: { name: string; all: ProgressPoint[]; pass: string }) {
  const { unit, xTitle, points } = curveOf(all, name);
  const write = (value: number) => `${figure(value)}${unit && ` ${unit}`}`;
  const [first, last] = [points[0]?.[1] ?? 0, points.at(-1)?.[1] ?? 0];
  return (
    <figure>
      <figcaption>
        {curveTitle(name)} <strong>{write(last)}</strong>
      </figcaption>
      <LineChart
        label={`${curveTitle(name)} over ${xTitle}, from ${write(first)} to ${write(last)}`}
        height={HEIGHT}
        x={{ title: xTitle, format: rounded }}
        y={{ title: unit, format: rounded }}
        places={points.map(([at]) => at)}
        lines={[{ label: '', colour: '--accent', values: points.map(([, value]) => value) }]}
      />
      <ChartData
        title={`${curveTitle(name)} of ${pass}`}
        fileName={`${pass}-${name}.csv`}
        data={() => ({ columns: [xTitle, unit ? `${name} (${unit})` : name], rows: points })}
      />
    </figure>
  );
}

const rounded = (value: number): string => figure(Number(value.toPrecision(10)));
