import type { Job, JobStage } from '#contracts';
import type { JobFeed } from '../api/job-feed.js';
import { duration } from '../format.js';
import { Curves } from './curves.js';
import { ProblemNotice } from './problem.js';
import { ProgressBar } from './progress-bar.js';
import { StateBadge } from './state-badge.js';
import { Summary } from './summary.js';

export function StageList({ job, feed }: { job: Job; feed: JobFeed }) {
  return (
    <section aria-label="Stages">
      <h2>Stages</h2>
      <ol className="stages">
        {job.stages.map((stage) => (
          <Stage
            key={stage.index}
            stage={stage}
            message={feed.message[stage.index]}
            curve={feed.curves[stage.index] ?? []}
          />
        ))}
      </ol>
    </section>
  );
}

function Stage({
  stage,
  message,
  curve,
}: {
  stage: JobStage;
  message: string | undefined;
  curve: Record<string, number>[];
}) {
  return (
    <li className="card">
      <div className="stage-head">
        <strong>{stage.pass}</strong>
        <StateBadge state={stage.state} />
        {stage.cached && <span className="badge cached">cached</span>}
        {stage.attempts > 1 && <span className="quiet">attempt {stage.attempts}</span>}
        <span className="quiet right">{stage.seconds === null ? '' : duration(stage.seconds)}</span>
      </div>
      <ProgressBar value={stage.state === 'succeeded' ? 1 : stage.progress} label={`progress of ${stage.pass}`} />
      {stage.state === 'running' && message && <div className="quiet">{message}</div>}
      <ProblemNotice error={stage.error} />
      <Curves points={curve} />
      <Summary summary={stage.summary} />
      <details>
        <summary>Options</summary>
        <pre tabIndex={0}>{JSON.stringify(stage.options, null, 2)}</pre>
      </details>
    </li>
  );
}
