import type { JobStage } from '#contracts';
import { Scroll } from './scroll.js';

interface SkippedProps {
  skipped: JobStage['skipped'];
  pass: string;
}

/** Nodes that a pass looked at and left alone, each with the reason. */
export function SkippedTable({ skipped, pass }: SkippedProps) {
  if (skipped.length === 0) return null;
  return (
    <>
      <h3>Left alone ({skipped.length})</h3>
      <Scroll isCards label={`Left alone by ${pass}`}>
        <table>
          <thead>
            <tr>
              <th>Node</th>
              <th>Reason</th>
            </tr>
          </thead>
          <tbody>
            {skipped.map(({ node, opType, reason }, index) => (
              <tr key={index}>
                <td>
                  <code>{node}</code> {opType && <span className="quiet">{opType}</span>}
                </td>
                <td className="wide">{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}
