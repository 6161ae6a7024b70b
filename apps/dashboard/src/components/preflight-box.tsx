import type { Preflight } from '#contracts';
import { FaultList } from './problem-box.js';

/** Whether a job can run, and what its passes would leave alone. */
export function PreflightBox({ preflight: { problems, skipped } }: { preflight: Preflight }) {
  if (problems.length > 0) {
    return (
      <div className="problem card" role="alert">
        <FaultList faults={problems} />
      </div>
    );
  }
  return (
    <div className="card" role="status">
      <p>This job can run.</p>
      {skipped.length > 0 && (
        <details>
          <summary>
            {skipped.length === 1 ? '1 node would be left alone' : `${skipped.length} nodes would be left alone`}
          </summary>
          <ul>
            {skipped.map((item, index) => (
              <li key={index}>
                <strong>{item.pass}</strong> <code>{item.node}</code> {item.reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
