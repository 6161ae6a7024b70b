import type { Job } from '#contracts';
import { useMutation } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { saveBlob, saveBytes } from '../api/download.js';
import { changesOf, type Change } from '../verdict.js';
import { ProblemNotice } from './problem.js';
import { StateBadge } from './state-badge.js';

const MODEL_FILE = 'model.onnx';

/** What came of a job: size, quality, latency and gates, and the model itself. */
export function JobVerdict({ job, fileName }: { job: Job; fileName: string }) {
  const changes = changesOf(job);
  if (changes.length === 0) return null;
  return (
    <section className="tiles" aria-label={job.finishedAt ? 'Result' : 'Result so far'}>
      {changes.map((change) => (
        <Tile key={change.title} {...change} />
      ))}
      <Gates job={job} />
      <Downloads job={job} fileName={fileName} />
    </section>
  );
}

function Tile({ title, before, after, change, spread }: Change) {
  return (
    <div className="card tile">
      <div className="quiet">{title}</div>
      <div className="pair">
        {before && <span className="quiet">{before} →</span>} <strong>{after}</strong>
      </div>
      <div className="quiet">{change}</div>
      {spread && <div className="quiet">{spread}</div>}
    </div>
  );
}

function Gates({ job: { gates, gatesPassed, recipe } }: { job: Job }) {
  const missed = gates.filter(({ passed }) => !passed);
  return (
    <div className="card tile">
      <div className="quiet">Gates</div>
      <div className="pair">
        {gatesPassed === null ? (
          <strong>{recipe.gates.length === 0 ? 'none set' : 'not judged yet'}</strong>
        ) : (
          <StateBadge state={gatesPassed ? 'passed' : 'missed'} />
        )}
      </div>
      {gates.length > 0 && (
        <div className="quiet">
          {missed.length === 0 ? `all ${gates.length} hold` : `${missed.length} of ${gates.length} missed`}
        </div>
      )}
    </div>
  );
}

const REPORTS = [
  { title: 'Report as HTML', ending: 'html', type: 'text/html', read: client.reportAsHtml },
  { title: 'Report as Markdown', ending: 'md', type: 'text/markdown', read: client.reportAsMarkdown },
] as const;

function Downloads({ job, fileName }: { job: Job; fileName: string }) {
  const model = job.stages.flatMap(({ artifacts }) => artifacts).findLast(({ name }) => name === MODEL_FILE);
  const save = useMutation({ mutationFn: (digest: string) => saveBytes(client.getArtifact({ digest }), fileName) });
  const report = useMutation({
    mutationFn: async ({ ending, type, read }: (typeof REPORTS)[number]) =>
      saveBlob(new Blob([await read({ id: job.id })], { type }), fileName.replace(/onnx$/, ending)),
  });
  return (
    <div className="download actions wrap">
      {model && (
        <button type="button" disabled={save.isPending} onClick={() => save.mutate(model.digest)}>
          Download model
        </button>
      )}
      {job.state === 'succeeded' &&
        REPORTS.map((form) => (
          <button
            key={form.ending}
            type="button"
            className="quiet"
            disabled={report.isPending}
            onClick={() => report.mutate(form)}
          >
            {form.title}
          </button>
        ))}
      <ProblemNotice error={save.error ?? report.error} />
    </div>
  );
}
