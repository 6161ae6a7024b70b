import { Fragment } from 'react';
import { caption } from '../caption.js';
import { figure } from '../format.js';
import { Scroll } from './scroll.js';

type Row = Record<string, unknown>;

/** What a pass reports of its work: figures as a list, lists of like objects as tables. */
export function Summary({ summary }: { summary: Row }) {
  const entries = Object.entries(summary);
  if (entries.length === 0) return null;
  const { verdict, warnings } = summary;
  return (
    <>
      {typeof verdict === 'string' && <p className="verdict">{verdict}</p>}
      {isTexts(warnings) &&
        warnings.map((warning) => (
          <p key={warning} className="warning" role="note">
            {warning}
          </p>
        ))}
      <details>
        <summary>Report</summary>
        <Figures row={Object.fromEntries(entries.filter(([name]) => name !== 'verdict' && name !== 'warnings'))} />
      </details>
    </>
  );
}

function Figures({ row }: { row: Row }) {
  return (
    <dl className="figures">
      {Object.entries(row).map(([name, value]) => (
        <Fragment key={name}>
          <dt>{caption(name)}</dt>
          <dd>
            <Value value={value} name={name} />
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}

function Value({ value, name }: { value: unknown; name: string }) {
  if (isTable(value)) return <Table rows={value} name={name} />;
  if (isRow(value)) return <Figures row={value} />;
  return <>{text(value)}</>;
}

function Table({ rows, name }: { rows: Row[]; name: string }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    <Scroll label={name}>
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
                <td key={column} className={isNumeric(rows, column) ? 'number' : ''}>
                  <Value value={row[column]} name={column} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return figure(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.map(text).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTable = (value: unknown): value is Row[] => Array.isArray(value) && value.length > 0 && value.every(isRow);
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const isNumeric = (rows: Row[], column: string) => rows.some((row) => typeof row[column] === 'number');
