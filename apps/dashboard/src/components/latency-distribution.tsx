import { BenchmarkFile, type BenchmarkResult } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { client } from '../api/client.js';
import { wholeOf } from '../api/download.js';
import { figure } from '../format.js';
import { ChartData } from './chart-data.js';
import { LineChart, type ChartAxis, type ChartLine } from './line-chart.js';
import { ProblemNotice } from './problem.js';

const HEIGHT = 240;
/** Points of a line: one for each of so many shares of the runs. */
const POINTS = 200;
/** The slowest hundredth would set the scale. */
const SHOWN_SHARE = 0.99;
const SHARE: ChartAxis = {
  title: 'share of runs',
  format: (share) => `${Math.round(100 * share)} %`,
  range: [0, 1],
};
const TIME: ChartAxis = { title: 'milliseconds of one run', format: (ms) => figure(Number(ms.toPrecision(6))) };
/** How lines are told apart, also without colours. */
const LOOKS: readonly [Look, ...Look[]] = [
  { colour: '--soft' },
  { colour: '--accent', dash: [6, 3] },
  { colour: '--busy', dash: [2, 3] },
  { colour: '--warn', dash: [8, 3, 2, 3] },
];
type Look = Pick<ChartLine, 'colour' | 'dash'>;
const lookOf = (index: number): Look => LOOKS[index % LOOKS.length] ?? LOOKS[0];

interface Line {
  label: string;
  /** Time at each share of the runs, ms. */
  points: readonly (readonly [share: number, ms: number])[];
}

/** Share of runs that took at most so long, a line for each model; read from the raw samples. */
export function LatencyDistribution({ device, result }: { device: string; result: BenchmarkResult }) {
  const { data, error } = useQuery({
    queryKey: ['samples', result.raw.digest],
    queryFn: async ({ signal }) => {
      const file = await wholeOf(client.getArtifact({ digest: result.raw.digest }, { signal }));
      return BenchmarkFile.parse(await file.json());
    },
    staleTime: Infinity,
  });
  if (error) return <ProblemNotice error={error} />;
  if (!data) return <p className="quiet">Reading the runs…</p>;
  const lines = data.models.map(({ samplesMs }, index) => lineOf(result.models[index]?.label ?? `${index}`, samplesMs));
  return <Plot device={device} lines={lines} />;
}

function lineOf(label: string, samplesMs: readonly number[]): Line {
  const sorted = [...samplesMs].sort((a, b) => a - b);
  const points = Array.from({ length: POINTS + 1 }, (_, index): [number, number] => {
    const share = (index / POINTS) * SHOWN_SHARE;
    return [share, sorted[Math.floor(share * (sorted.length - 1))] ?? 0];
  });
  return { label, points };
}

function Plot({ device, lines }: { device: string; lines: readonly Line[] }) {
  const shares = useMemo(() => (lines[0]?.points ?? []).map(([share]) => share), [lines]);
  const drawn = useMemo(
    () =>
      lines.map(({ label, points }, index) => ({
        label,
        values: points.map(([, ms]) => ms),
        ...lookOf(index),
      })),
    [lines],
  );
  const title = `the distribution of runs on ${device}`;
  const data = () => ({
    columns: ['share of runs', ...lines.map(({ label }) => `${label} (ms)`)],
    rows: shares.map((share, index) => [share, ...lines.map(({ points }) => points[index]?.[1])]),
  });
  return (
    <div className="distribution">
      <LineChart
        label={`Share of runs over time on ${device}, in milliseconds`}
        height={HEIGHT}
        x={SHARE}
        y={TIME}
        places={shares}
        lines={drawn}
        isUpright
      />
      <ul className="legend quiet" aria-label="Lines">
        {lines.map(({ label }, index) => (
          <li key={label}>
            <svg width={28} height={10} aria-hidden="true">
              <line x1={0} x2={28} y1={5} y2={5} {...strokeOf(index)} />
            </svg>{' '}
            {label}
          </li>
        ))}
      </ul>
      <ChartData title={title} fileName={`runs-${device}.csv`} data={data} />
    </div>
  );
}

const strokeOf = (index: number) => {
  const { colour, dash } = lookOf(index);
  return { style: { stroke: `var(${colour})` }, strokeWidth: 2, strokeDasharray: dash?.join(' ') };
};
