import { memo, useMemo, useRef, type PointerEvent } from 'react';
import type { ListedTrial } from '#contracts';
import { ChartData } from '../components/chart-data.js';
import { useWidth } from '../width.js';
import type { BrushedRange } from './choices.js';
import { drawParallelPlot, PARALLEL_EDGE as EDGE, PARALLEL_HEIGHT as HEIGHT } from './parallel-drawing.js';
import { brushFilter, type ParameterAxis } from './parameter-axis.js';
import { useSteppedDrawing, type Sheet } from './stepped-drawing.js';

/** A drag of less is a click, which takes the brush away. */
const LEAST_BRUSH = 0.03;

interface ParallelPlotProps {
  trials: readonly ListedTrial[];
  axes: readonly ParameterAxis[];
  brushes: Readonly<Record<string, BrushedRange>>;
  /** Trials that are drawn above the others. */
  front: ReadonlySet<number>;
  onBrush: (name: string, interval: BrushedRange | null) => void;
}

/**
 * Parallel coordinates: a line for each trial through its value of each parameter; a drag along an axis keeps the lines
 * that cross it there.
 */
export const ParallelPlot = memo(function ParallelPlot({ trials, axes, brushes, front, onBrush }: ParallelPlotProps) {
  const [box, width] = useWidth<HTMLDivElement>(720);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<{ name: string; from: number } | null>(null);
  const places = useMemo(() => placesOf(axes.length, width), [axes.length, width]);
  const picture = useMemo(() => {
    const drawing = { trials, axes, brushes, front, places };
    return { width, height: HEIGHT, draw: (sheet: Sheet) => drawParallelPlot(sheet, drawing) };
  }, [width, trials, axes, brushes, front, places]);
  useSteppedDrawing(canvas, picture);
  const shareAt = (event: PointerEvent<HTMLCanvasElement>): number => {
    const top = event.clientY - event.currentTarget.getBoundingClientRect().top;
    const height = HEIGHT - EDGE.top - EDGE.bottom;
    return Math.min(1, Math.max(0, (HEIGHT - EDGE.bottom - top) / height));
  };
  const onDown = (event: PointerEvent<HTMLCanvasElement>) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const distances = axes.map((axis, index) => ({ axis, far: Math.abs((places[index] ?? 0) - left) }));
    const [nearest] = distances.sort((a, b) => a.far - b.far);
    if (!nearest) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { name: nearest.axis.name, from: shareAt(event) };
  };
  const onUp = (event: PointerEvent<HTMLCanvasElement>) => {
    if (!drag.current) return;
    const { name, from } = drag.current;
    drag.current = null;
    const to = shareAt(event);
    const isClick = Math.abs(to - from) < LEAST_BRUSH;
    onBrush(name, isClick ? null : [Math.min(from, to), Math.max(from, to)]);
  };
  const isKept = brushFilter(axes, brushes);
  const kept = trials.filter(isKept).length;
  const data = () => ({
    columns: ['trial', 'kept', ...axes.map(({ name }) => name)],
    rows: trials.map((trial) => [trial.number, isKept(trial) ? 'yes' : 'no', ...axes.map((axis) => axis.cell(trial))]),
  });
  return (
    <>
      <div ref={box} className="card plot">
        <canvas
          ref={canvas}
          style={{ width, height: HEIGHT, touchAction: 'pan-y' }}
          role="img"
          aria-label={`parallel coordinates of ${axes.map(({ name }) => name).join(', ')}: ${kept} of ${trials.length} trials are kept`}
          onPointerDown={onDown}
          onPointerUp={onUp}
        />
      </div>
      <ChartData title="the parameters" fileName="parameters.csv" data={data} />
    </>
  );
});

/** Where the axes stand, px. */
function placesOf(count: number, width: number): number[] {
  const span = width - EDGE.left - EDGE.right;
  return Array.from({ length: count }, (_, index) =>
    count < 2 ? width / 2 : EDGE.left + (index / (count - 1)) * span,
  );
}
