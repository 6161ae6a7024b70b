import { counted } from '#contracts';
import type { Drawing } from '#model-graph';
import { useId, useState, type KeyboardEvent } from 'react';
import { Scroll } from '../components/scroll.js';
import { GraphCanvas } from './graph-canvas.js';
import { rowWith, rowWords, sidesOf } from './sides.js';

/** A way to colour the graph, by its id; null for the first. */
export interface ColourProps {
  view: string | null;
  onView: (view: string) => void;
}

/** What every model can be coloured by. */
export const FIRST_VIEW = 'bits';

interface GraphProps extends ColourProps {
  drawing: Drawing;
}

/** A model, or one before and after a job, layer by layer: coloured by what is chosen, with all that is known of a row, and as a table. */
export function ModelGraph({ drawing, view: id, onView }: GraphProps) {
  const [chosen, setChosen] = useState<number | null>(null);
  const { before, after, notes, views } = drawing;
  const view = Math.max(
    0,
    views.findIndex((each) => each.id === id),
  );
  const isPair = before.length > 0;
  return (
    <div className="model-graph">
      <p className="quiet">
        {isPair
          ? `${counted(before.length, 'layer')} before, on the left, ${after.length} after.`
          : `${counted(after.length, 'layer')}, in the order in which they run.`}{' '}
        {isPair && 'Hatched: a pass left the layer alone; choose it to read why. '}
        {notes.join(' ')}
      </p>
      <div className="filters">
        <ColourChoice drawing={drawing} value={view} onChange={(index) => onView(views[index]?.id ?? FIRST_VIEW)} />
        <FindLayer drawing={drawing} chosen={chosen} onFound={setChosen} />
      </div>
      <Legend entries={views[view]?.legend ?? []} isHatched={after.some(({ reason }) => reason !== null)} />
      <GraphCanvas drawing={drawing} view={view} chosen={chosen} onChoose={setChosen} />
      <p role="status" className="quiet told">
        {chosen === null ? 'Choose a row to read what is known of it.' : told(drawing, chosen)}
      </p>
      <LayerTable drawing={drawing} />
    </div>
  );
}

function told(drawing: Drawing, row: number): string {
  const [first = '', second] = rowWords(drawing, row);
  return second === undefined ? `${first}.` : `Before: ${first}. After: ${second}.`;
}

interface ChoiceProps {
  drawing: Drawing;
  value: number;
  onChange: (view: number) => void;
}

function ColourChoice({ drawing: { views }, value, onChange }: ChoiceProps) {
  return (
    <label>
      Colour by{' '}
      <select value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {views.map(({ id, title }, index) => (
          <option key={id} value={index}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

interface FindProps {
  drawing: Drawing;
  chosen: number | null;
  onFound: (row: number) => void;
}

/** Goes to the first layer that the text is in, and by the enter key to the next. */
function FindLayer({ drawing, chosen, onFound }: FindProps) {
  const [text, setText] = useState('');
  const find = (wanted: string, start: number) => {
    const row = rowWith(drawing, wanted, start);
    if (row !== null) onFound(row);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    find(text, (chosen ?? -1) + 1);
  };
  const isMissing = text.trim() !== '' && rowWith(drawing, text, 0) === null;
  return (
    <label>
      Find{' '}
      <input
        type="search"
        aria-label="Find a layer"
        placeholder="name, operator, reason"
        value={text}
        aria-invalid={isMissing}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setText(event.target.value);
          find(event.target.value, 0);
        }}
      />
      {isMissing && <span role="alert"> in no layer</span>}
    </label>
  );
}

function Legend({ entries, isHatched }: { entries: Drawing['views'][number]['legend']; isHatched: boolean }) {
  return (
    <ul className="legend quiet" aria-label="Colours">
      {entries.map(({ colour, text }) => (
        <li key={text}>
          <span className="swatch" style={{ background: colour }} /> {text}
        </li>
      ))}
      {isHatched && (
        <li>
          <span className="swatch hatched" /> left alone
        </li>
      )}
    </ul>
  );
}

/** The rows are made when the table is opened: a model may have thousands. */
function LayerTable({ drawing }: { drawing: Drawing }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const heads = sidesOf(drawing).length > 1 ? ['before', 'after'] : ['layer'];
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The same as a table</summary>
      {isOpen && (
        <Scroll label="Layers">
          <table>
            <thead>
              <tr>
                {heads.map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {drawing.rows.map((_, row) => (
                <tr key={`${id}${row}`}>
                  {rowWords(drawing, row).map((words, side) => (
                    <td key={side} className="wide">
                      {words}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </details>
  );
}
