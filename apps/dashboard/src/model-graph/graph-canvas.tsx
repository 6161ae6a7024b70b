import { edgesOf, layerLabel, type Drawing, type DrawnLayer } from '#model-graph';
import { useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from 'react';
import { useWidth } from '../width.js';
import { sidesOf, type Side } from './sides.js';

const ROW = 22;
const LANE = 14;
const GAP = 24;
const BOX = 10;
/** Lanes beside which names begin; what lies in others is drawn below the names. */
const LANES_BESIDE = 6;
const LEAST_WIDTH = 640;
const MOST_HEIGHT = 512;
/** Rows that are kept above and below those that are seen. */
const SPARE = 3;

interface CanvasProps {
  drawing: Drawing;
  /** Place of the view that colours. */
  view: number;
  chosen: number | null;
  onChoose: (row: number) => void;
}

/** The layers as a list of rows; only those in sight exist, however many there are. Arrow keys, page keys, Home and End walk through them. */
export function GraphCanvas({ drawing, view, chosen, onChoose }: CanvasProps) {
  const [frame, width] = useWidth<HTMLDivElement>(LEAST_WIDTH);
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const last = drawing.rows.length - 1;
  const height = Math.min(MOST_HEIGHT, drawing.rows.length * ROW + 4);
  useInSight(box, chosen, height);
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rowByKey(event.key, chosen, { last, page: Math.floor(height / ROW) - 1 });
    if (row === null) return;
    event.preventDefault();
    onChoose(row);
  };
  const first = Math.max(0, Math.floor(top / ROW) - SPARE);
  const end = Math.min(last, first + Math.ceil(height / ROW) + 2 * SPARE);
  return (
    <div ref={frame}>
      <div
        ref={box}
        className="layers scroll"
        style={{ height }}
        tabIndex={0}
        role="group"
        aria-label="Graph of the model; arrow keys choose a row"
        onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
        onKeyDown={onKeyDown}
      >
        <div style={{ height: drawing.rows.length * ROW }}>
          <Rows
            drawing={drawing}
            view={view}
            chosen={chosen}
            onChoose={onChoose}
            rows={{ first, last: end }}
            width={Math.max(width - 2, sidesOf(drawing).length > 1 ? LEAST_WIDTH : 0)}
          />
        </div>
      </div>
    </div>
  );
}

/** Scrolls to the row that is chosen. */
function useInSight(box: RefObject<HTMLDivElement | null>, row: number | null, height: number): void {
  useLayoutEffect(() => {
    if (row === null || !box.current) return;
    const { scrollTop } = box.current;
    if ((row + 2) * ROW > scrollTop + height) box.current.scrollTop = (row + 2) * ROW - height;
    if ((row - 1) * ROW < scrollTop) box.current.scrollTop = (row - 1) * ROW;
  }, [box, row, height]);
}

function rowByKey(key: string, chosen: number | null, { last, page }: { last: number; page: number }): number | null {
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  const step = steps[key];
  if (step === undefined) return null;
  return Math.min(last, Math.max(0, (chosen ?? -1) + step));
}

interface RowsProps extends CanvasProps {
  rows: { first: number; last: number };
  width: number;
}

function Rows({ drawing, view, chosen, onChoose, rows: { first, last }, width }: RowsProps) {
  const hatch = useId();
  const sides = sidesOf(drawing);
  const shown = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return (
    <svg
      aria-hidden="true"
      width={width}
      height={shown.length * ROW}
      viewBox={`0 ${first * ROW} ${width} ${shown.length * ROW}`}
      style={{ top: first * ROW }}
    >
      <defs>
        <pattern id={hatch} width={4} height={4} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width={4} height={4} className="hatch-ground" />
          <rect width={2} height={4} className="hatch-line" />
        </pattern>
      </defs>
      {chosen !== null && chosen >= first && chosen <= last && (
        <rect className="chosen" x={0} y={chosen * ROW} width={width} height={ROW} />
      )}
      {sides.map((side, index) => (
        <Column
          key={side}
          drawing={drawing}
          side={side}
          left={(index * width) / sides.length + GAP}
          rows={shown}
          view={view}
          hatch={`url(#${hatch})`}
        />
      ))}
      {shown.map((row) => (
        <rect
          key={row}
          className="row"
          x={0}
          y={row * ROW}
          width={width}
          height={ROW}
          fill="transparent"
          onClick={() => onChoose(row)}
        />
      ))}
    </svg>
  );
}

interface ColumnProps {
  drawing: Drawing;
  side: Side;
  left: number;
  rows: readonly number[];
  view: number;
  /** Fill of layers that a pass left alone. */
  hatch: string;
}

function Column({ drawing, side, left, rows, view, hatch }: ColumnProps) {
  const edges = useMemo(() => edgesOf(drawing, side), [drawing, side]);
  const layers = drawing[side];
  const lanes = useMemo(() => layers.reduce((most, { lane }) => Math.max(most, lane + 1), 1), [layers]);
  const [first, last] = [rows[0] ?? 0, rows.at(-1) ?? 0];
  const place = side === 'before' ? 0 : 1;
  const x = (lane: number) => left + lane * LANE;
  const names = x(Math.min(lanes, LANES_BESIDE)) + 4;
  return (
    <>
      {edges
        .filter(({ from, to }) => to.row >= first && from.row <= last)
        .map(({ from, to }) => {
          const turn = Math.max(from.row, to.row - 1);
          const path = `M${x(from.lane)} ${middle(from.row)}V${middle(turn)}L${x(to.lane)} ${middle(to.row)}`;
          return <path key={`${from.row} ${to.row}`} className="edge" d={path} />;
        })}
      {rows.map((row) => {
        const layer = layers[drawing.rows[row]?.[place] ?? -1];
        return (
          layer && (
            <g key={row}>
              <rect
                x={x(layer.lane) - BOX / 2}
                y={middle(row) - BOX / 2}
                width={BOX}
                height={BOX}
                rx={2}
                className="layer"
                style={{ fill: layer.reason === null ? colourOf(drawing, layer, view) : hatch }}
              />
              <text x={names} y={middle(row) + 4}>
                {layerLabel(layer, view)}
              </text>
            </g>
          )
        );
      })}
    </>
  );
}

const middle = (row: number): number => (row + 0.5) * ROW;

function colourOf({ views }: Drawing, { figures }: DrawnLayer, view: number): string {
  const shade = figures[view]?.shade;
  return (shade === undefined ? undefined : views[view]?.legend[shade]?.colour) ?? 'var(--line)';
}
