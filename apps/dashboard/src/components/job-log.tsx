import { counted, type JobStage } from '#contracts';
import { useEffect, useRef } from 'react';
import type { LogLine } from '../api/job-feed.js';
import { saveBlob } from '../api/download.js';
import { stageName } from '../stage-name.js';
import { SearchField } from './search-field.js';

interface LogProps {
  lines: readonly LogLine[];
  stages: readonly JobStage[];
  fileName: string;
  /** What is searched for; empty for nothing. */
  wanted: string;
  onWanted: (text: string) => void;
}

/** The log as it grows; stays at the end unless the reader scrolled up. What is searched for leaves the other lines out. */
export function JobLog({ lines, stages, fileName, wanted, onWanted }: LogProps) {
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  if (lines.length === 0) return null;
  const names = stages.map((stage) => stageName(stages, stage).padEnd(10));
  const all = lines.map(({ index, line }) => `${names[index] ?? ''} ${line}\n`);
  const found = all.filter((line) => line.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <section aria-label="Log">
      <div className="heading">
        <h2>Log</h2>
        <SearchField label="Search the log" value={wanted} placeholder="words" onChange={onWanted} />
        <span className="quiet" role="status">
          {wanted === '' ? counted(all.length, 'line') : `${found.length} of ${counted(all.length, 'line')}`}
        </span>
        <button
          type="button"
          className="quiet"
          onClick={() => saveBlob(new Blob(all, { type: 'text/plain' }), fileName)}
        >
          Download log
        </button>
      </div>
      <pre
        ref={box}
        className="log"
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          atEnd.current = scrollTop + clientHeight >= scrollHeight - 8;
        }}
      >
        {found.join('')}
      </pre>
    </section>
  );
}
