import type { JobStage } from '#contracts';
import { useEffect, useRef } from 'react';
import type { LogLine } from '../api/job-feed.js';

/** The log as it grows; stays at the end unless the reader scrolled up. */
export function JobLog({ lines, stages }: { lines: LogLine[]; stages: JobStage[] }) {
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  if (lines.length === 0) return null;
  return (
    <section aria-label="Log">
      <h2>Log</h2>
      <pre
        ref={box}
        className="log"
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          atEnd.current = scrollTop + clientHeight >= scrollHeight - 8;
        }}
      >
        {lines.map(({ index, line }) => `${(stages[index]?.pass ?? '').padEnd(10)} ${line}\n`).join('')}
      </pre>
    </section>
  );
}
