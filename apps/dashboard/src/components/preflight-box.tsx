import { costText, counted, stagesText } from '#contracts';
import type { JobCheck } from '#contracts';
import { FaultList } from './problem-box.js';

/** Whether a job can run, and what its passes would leave alone. */
export function PreflightBox({ preflight: { problems, skipped, forecast } }: { preflight: JobCheck }) {
  if (problems.length > 0) {
    return (
      <div className="problem card" role="alert">
        <FaultList faults={problems} />
      </div>
    );
  }
  return (
    <div className="card" role="status">
      <p>This job can run{forecast && `: ${stagesText(forecast)}`}.</p>
      {forecast && <p className="quiet">{costText(forecast)}</p>}
      {skipped.length > 0 && (
        <details>
          <summary>{counted(skipped.length, 'node')} would be left alone</summary>
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
