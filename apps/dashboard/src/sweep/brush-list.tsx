import type { BrushedRange } from './choices.js';
import type { ParameterAxis } from './parameter-axis.js';

interface BrushListProps {
  axes: readonly ParameterAxis[];
  brushes: Readonly<Record<string, BrushedRange>>;
  onBrush: (name: string, interval: BrushedRange | null) => void;
}

/** The brushes of parallel coordinates by the keys: the first and the last value of each parameter that is kept. */
export function BrushList({ axes, brushes, onBrush }: BrushListProps) {
  return (
    <div className="brushes">
      {axes.map((axis) => (
        <Brush key={axis.name} axis={axis} brush={brushes[axis.name]} onBrush={onBrush} />
      ))}
    </div>
  );
}

function Brush({
  axis: { name, ticks },
  brush,
  onBrush,
}: {
  axis: ParameterAxis;
  brush: BrushedRange | undefined;
  onBrush: BrushListProps['onBrush'];
}) {
  const [low, high] = brush ?? [0, 1];
  const first = nearest(ticks, low);
  const last = nearest(ticks, high);
  const set = (from: number, to: number) => {
    const interval: BrushedRange = [Math.min(from, to), Math.max(from, to)];
    onBrush(name, interval[0] <= 0 && interval[1] >= 1 ? null : interval);
  };
  const options = ticks.map(({ share, text }) => (
    <option key={share} value={share}>
      {text}
    </option>
  ));
  return (
    <fieldset className="bound">
      <legend>{name}</legend>
      <select aria-label={`${name} from`} value={first} onChange={(event) => set(Number(event.target.value), high)}>
        {options}
      </select>
      <select aria-label={`${name} to`} value={last} onChange={(event) => set(low, Number(event.target.value))}>
        {options}
      </select>
    </fieldset>
  );
}

const nearest = (ticks: ParameterAxis['ticks'], share: number): number =>
  ticks.map((tick) => tick.share).reduce((a, b) => (Math.abs(b - share) < Math.abs(a - share) ? b : a), Infinity);
