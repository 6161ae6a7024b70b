import { counted, formatDuration, type Job, type JobStage } from '#contracts';
import type { JobFeed } from '../api/job-feed.js';
import { openStages, withToggled } from '../open-stages.js';
import { useOrigins, type Origins } from './artifact-list.js';
import { Curves } from './curves.js';
import { ProblemNotice } from './problem.js';
import { ProgressBar } from './progress-bar.js';
import { SkippedTable } from './skipped-table.js';
import { StateBadge } from './state-badge.js';
import { Summary } from './summary.js';

interface StageListProps {
  job: Job;
  feed: JobFeed;
  /** What the address says of stages that are open; null for nothing. */
  opened: string | null;
  onOpened: (opened: string) => void;
}

/** The passes of a job, a line each; one opens for its curves, its report, what it left alone, and its options. */
export function StageList({ job, feed, opened, onOpened }: StageListProps) {
  const origins = useOrigins(job);
  const open = openStages(opened, job.stages);
  return (
    <section aria-label="Stages">
      <h2>Stages</h2>
      <ol className="stages">
        {job.stages.map((stage) => (
          <Stage
            key={stage.index}
            stage={stage}
            origin={origins.get(stage.index)}
            message={feed.message[stage.index]}
            curve={feed.curves[stage.index] ?? []}
            isOpen={open.has(stage.index)}
            onToggle={() => onOpened(withToggled(open, stage.index))}
          />
        ))}
      </ol>
    </section>
  );
}

interface StageProps {
  stage: JobStage;
  origin: Origins | undefined;
  message: string | undefined;
  curve: Record<string, number>[];
  isOpen: boolean;
  onToggle: () => void;
}

function Stage({ stage, origin, message, curve, isOpen, onToggle }: StageProps) {
  return (
    <li className="card stage">
      <details
        open={isOpen}
        onToggle={(event) => {
          // The browser tells of what the page itself opened as well.
          if (event.target === event.currentTarget && event.currentTarget.open !== isOpen) onToggle();
        }}
      >
        <StageLine stage={stage} origin={origin} message={message} isOpen={isOpen} />
        {isOpen && <StageBody stage={stage} origin={origin} message={message} curve={curve} />}
      </details>
    </li>
  );
}

/** What is to be known of a stage while it is closed; what it says at length is cut, and stands whole where it is open. */
function StageLine({ stage, origin, message, isOpen }: Omit<StageProps, 'curve' | 'onToggle'>) {
  const { index, pass, state, cached, attempts, progress, seconds, skipped, summary } = stage;
  const warnings = textsOf(summary.warnings);
  return (
    <summary>
      <strong>
        {index + 1}. {pass}
      </strong>
      <StateBadge state={state} />
      {cached && <StateBadge state="cached" />}
      {cached && origin && <span className="quiet">from job {origin.title}</span>}
      {state === 'running' && <ProgressBar value={progress} label={`progress of ${pass}`} />}
      <span className="note quiet">{isOpen ? '' : (noteOf(stage, message) ?? '')}</span>
      {warnings.length > 0 && <span className="badge warned">{counted(warnings.length, 'warning')}</span>}
      {skipped.length > 0 && <span className="quiet">{skipped.length} left alone</span>}
      {attempts > 1 && <span className="quiet">attempt {attempts}</span>}
      <span className="quiet">{seconds === null ? '' : formatDuration(seconds)}</span>
    </summary>
  );
}

function noteOf({ state, error, summary: { verdict } }: JobStage, message: string | undefined): string | undefined {
  if (error) return error.message;
  if (state === 'running') return message;
  return typeof verdict === 'string' ? verdict : undefined;
}

function StageBody({ stage, origin, message, curve }: Omit<StageProps, 'isOpen' | 'onToggle'>) {
  const { pass, state, cached, summary, skipped, options } = stage;
  const { verdict, warnings } = summary;
  return (
    <div className="stage-body">
      {state === 'waiting' && <p className="quiet">It has not begun.</p>}
      {state === 'running' && message && <p className="quiet">{message}</p>}
      {cached && origin && (
        <p className="quiet">
          Found in the cache, as the job <a href={`#/jobs/${origin.jobId}`}>{origin.title}</a> computed it.
        </p>
      )}
      <ProblemNotice error={stage.error} />
      {typeof verdict === 'string' && <p className="verdict">{verdict}</p>}
      {textsOf(warnings).map((warning) => (
        <p key={warning} className="warning" role="note">
          {warning}
        </p>
      ))}
      <Curves points={curve} pass={pass} />
      <Summary summary={summary} pass={pass} />
      <SkippedTable skipped={skipped} pass={pass} />
      <details>
        <summary>
          Options<span className="heard"> of {pass}</span>
        </summary>
        <pre tabIndex={0}>{JSON.stringify(options, null, 2)}</pre>
      </details>
    </div>
  );
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
