import { useState } from 'react';
import { csvOf, type TableData } from '../csv.js';
import { saveBlob } from '../api/download.js';
import { figure } from '../format.js';
import { Scroll } from './scroll.js';

/** Rows that the table shows; all are in the file. */
const MOST_ROWS = 500;

/** Saves rows as a CSV file. */
export function CsvButton({ title, fileName, data }: ChartDataProps) {
  const save = () => saveBlob(new Blob([csvOf(data())], { type: 'text/csv' }), fileName);
  return (
    <button type="button" className="link" onClick={save}>
      CSV<span className="heard"> of {title}</span>
    </button>
  );
}

interface ChartDataProps {
  /** What the chart shows, as part of a sentence. */
  title: string;
  fileName: string;
  /** Called when the table is opened or the file asked for. */
  data: () => TableData;
}

/** What a chart shows as a table and as a CSV file. */
export function ChartData({ title, fileName, data }: ChartDataProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="chart-data">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          Table<span className="heard"> of {title}</span>
        </summary>
        {isOpen && <DataTable title={title} data={data()} />}
      </details>
      <CsvButton title={title} fileName={fileName} data={data} />
    </div>
  );
}

function DataTable({ title, data: { columns, rows } }: { title: string; data: TableData }) {
  return (
    <>
      <Scroll label={`Table of ${title}`}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column} className={typeof cell === 'number' ? 'number' : undefined}>
                    {typeof cell === 'number' ? figure(cell) : String(cell ?? '–')}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > MOST_ROWS && (
        <p className="quiet">
          The first {MOST_ROWS} of {rows.length} rows; the CSV has all.
        </p>
      )}
    </>
  );
}
