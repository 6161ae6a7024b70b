import { Fragment, type CSSProperties } from 'react';
import { caption } from '../caption.js';
import type { Cell } from '../csv.js';
import { figure } from '../format.js';
import { flatRows } from './flat-rows.js';
import { CsvButton } from './chart-data.js';
import { Scroll } from './scroll.js';

type Row = Record<string, unknown>;

/** What a pass reports of its work: figures as a list, lists of like objects as tables. Verdict and warnings stand elsewhere. */
export function Summary({ summary, pass }: { summary: Row; pass: string }) {
  const { verdict: _verdict, warnings: _warnings, ...figures } = summary;
  if (Object.keys(figures).length === 0) return null;
  return (
    <>
      <h3>Report</h3>
      <Figures row={figures} of={pass} />
    </>
  );
}

function Figures({ row, of }: { row: Row; of: string }) {
  return (
    <dl className="figures">
      {Object.entries(row).map(([name, value]) => (
        <Fragment key={name}>
          <dt>{caption(name)}</dt>
          <dd>
            <Value value={value} name={name} of={of} />
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}

interface ValueProps {
  value: unknown;
  name: string;
  /** The pass, or the table in whose cell it stands. */
  of: string;
}

function Value({ value, name, of }: ValueProps) {
  if (isTable(value)) return <Table rows={value} name={name} of={of} />;
  if (isRow(value)) return <Figures row={value} of={of} />;
  const words = text(value);
  return words.length > LONG_TEXT ? <Folded words={words} of={`${name} of ${of}`} /> : <>{words}</>;
}

/** Characters from which on a value is folded. */
const LONG_TEXT = 160;
const SHOWN_TEXT = 60;

function Folded({ words, of }: { words: string; of: string }) {
  return (
    <details>
      <summary>
        {words.slice(0, SHOWN_TEXT)}…<span className="heard"> {of}</span>
      </summary>
      {words}
    </details>
  );
}

/** Rows from which on a table has bars, and can be had as a file. */
const LONG = 3;

function Table({ rows: nested, name, of }: { rows: Row[]; name: string; of: string }) {
  const rows = flatRows(nested);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const most = new Map(columns.map((column) => [column, mostOf(rows, column)]));
  const data = () => ({ columns, rows: rows.map((row) => columns.map((column) => cellOf(row[column]))) });
  return (
    <>
      <Scroll label={`${name} of ${of}`}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} className={isNumeric(rows, column) ? 'number' : ''}>
                  {caption(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                {columns.map((column) => (
                  <td
                    key={column}
                    className={isNumeric(rows, column) ? 'number bar-cell' : ''}
                    style={rows.length >= LONG ? barStyle(row[column], most.get(column) ?? 0) : undefined}
                  >
                    <Value value={row[column]} name={column} of={`${name} ${index + 1}`} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length >= LONG && (
        <CsvButton title={`${caption(name)} of ${of}`} fileName={`${of}-${name}.csv`} data={data} />
      )}
    </>
  );
}

/** The largest value of a column, by which its bars are drawn; 0 where a bar would tell nothing. */
function mostOf(rows: readonly Row[], column: string): number {
  const values = rows.flatMap((row) => (typeof row[column] === 'number' ? [row[column]] : []));
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return values.every((value) => value >= 0 && value === values[0]) ? 0 : most;
}

function barStyle(value: unknown, most: number): CSSProperties | undefined {
  if (typeof value !== 'number' || most <= 0 || value < 0) return undefined;
  return { backgroundSize: `${((100 * value) / most).toFixed(1)}% 100%` };
}

const cellOf = (value: unknown): Cell =>
  typeof value === 'number' || typeof value === 'string' ? value : value === null ? null : text(value);

function text(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return figure(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.map(text).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTable = (value: unknown): value is Row[] => Array.isArray(value) && value.length > 0 && value.every(isRow);
const isNumeric = (rows: Row[], column: string) => rows.some((row) => typeof row[column] === 'number');
