import type { Job } from '#contracts';
import { Scroll } from './scroll.js';

export function SkippedList({ job }: { job: Job }) {
  const skipped = job.stages.flatMap((stage) => stage.skipped.map((item) => ({ pass: stage.pass, ...item })));
  if (skipped.length === 0) return null;
  return (
    <section aria-label="Left alone">
      <details>
        <summary>
          <h2>Left alone ({skipped.length})</h2>
        </summary>
        <Scroll label="Left alone">
          <table>
            <thead>
              <tr>
                <th>Pass</th>
                <th>Node</th>
                <th>Reason</th>
              </tr>
            </thead>
            <tbody>
              {skipped.map((item, index) => (
                <tr key={index}>
                  <td>{item.pass}</td>
                  <td>
                    <code>{item.node}</code> {item.opType && <span className="quiet">{item.opType}</span>}
                  </td>
                  <td>{item.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </section>
  );
}
