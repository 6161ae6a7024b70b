import { formatMetric, METRICS, type MetricName, type ListedTrial } from '#contracts';
import { memo, useMemo } from 'react';
import { rangeOf, type Bounds } from './points.js';

/** Positions of a slider. */
const STEPS = 200;
/** Metrics that people set limits on, as far as they were measured. */
const MOST = 4;

interface SlidersProps {
  trials: readonly ListedTrial[];
  /** What some trial has, in the order of how much it is looked at. */
  metrics: readonly MetricName[];
  bounds: Bounds;
  onChange: (metric: MetricName, value: number | null) => void;
}

/** The worst value of each figure that still counts; at its end a slider sets no limit. */
export const BoundSliders = memo(function BoundSliders({ trials, metrics, bounds, onChange }: SlidersProps) {
  const sliders = useMemo(
    () =>
      metrics
        .flatMap((metric) => {
          const range = rangeOf(trials, metric);
          return range ? [{ metric, range }] : [];
        })
        .slice(0, MOST),
    [trials, metrics],
  );
  return (
    <fieldset className="sliders">
      <legend>Only models with</legend>
      {sliders.map(({ metric, range }) => (
        <BoundSlider
          key={metric}
          metric={metric}
          range={range}
          value={bounds[metric]}
          onChange={(value) => onChange(metric, value)}
        />
      ))}
    </fieldset>
  );
});

function BoundSlider({
  metric,
  range,
  value,
  onChange,
}: {
  metric: MetricName;
  range: { low: number; high: number };
  value: number | undefined;
  onChange: (value: number | null) => void;
}) {
  const { title, better } = METRICS[metric];
  const span = range.high - range.low;
  const open = better === 'lower' ? STEPS : 0;
  const position = value === undefined ? open : Math.round(((value - range.low) / span) * STEPS);
  const word = better === 'lower' ? '≤' : '≥';
  const text = value === undefined ? 'any' : `${word} ${formatMetric(metric, value)}`;
  return (
    <label>
      <span>
        {title} <strong>{text}</strong>
      </span>
      <input
        type="range"
        min={0}
        max={STEPS}
        value={position}
        aria-label={`${title} ${better === 'lower' ? 'at most' : 'at least'}`}
        aria-valuetext={text}
        onChange={(event) => {
          const at = Number(event.target.value);
          onChange(at === open ? null : range.low + (at / STEPS) * span);
        }}
      />
    </label>
  );
}
