import { isFinal, METRICS, type JobState, type ModelMetrics, type StageMetrics } from '#contracts';
import type { OpenTrial, SweepSession, TrialEnding } from '#database';
import { hopeless, judgeTrial } from '#pipeline';
import type { LiveSweep } from './live-sweeps.js';

/** Records the trials whose jobs have ended, and ends those that cannot come to anything. Returns the jobs that are to be cancelled. */
export async function endTrials(session: SweepSession, live: LiveSweep): Promise<string[]> {
  const cancel: string[] = [];
  const open = await session.openTrials();
  const behind = (await live.stopping?.behind(session, open)) ?? new Map<number, string>();
  for (const trial of open) {
    const ending = endingOf(trial, session) ?? earlyEnd(trial, session, live) ?? fallenBehind(trial, behind);
    if (!ending) continue;
    await session.end(trial.number, ending, trial.job?.baseline ?? null);
    if (trial.job && !isFinal(trial.job.state as JobState)) cancel.push(trial.job.id);
  }
  return cancel;
}

/** Null while the job goes on. */
function endingOf({ job }: OpenTrial, session: SweepSession): TrialEnding | null {
  if (!job) return without('stopped', 'its job was deleted');
  if (job.state === 'succeeded') return judged(job, session);
  if (job.state === 'failed') return without('failed', job.error?.message ?? 'its job failed', lastMetrics(job));
  if (job.state === 'cancelled') return without('stopped', 'its job was cancelled', lastMetrics(job));
  return session.sweep.state === 'cancelled' ? without('stopped', 'the sweep was cancelled', lastMetrics(job)) : null;
}

/** A trial whose size can no longer come down to what is asked ends at once. */
function earlyEnd({ job }: OpenTrial, { sweep }: SweepSession, { sizes }: LiveSweep): TrialEnding | null {
  if (!job) return null;
  const metrics = job.stages.flatMap((stage) => (stage.state === 'succeeded' && stage.metrics ? [stage.metrics] : []));
  const { constraints } = sweep.document;
  const reason = hopeless(constraints, { passes: job.stages, metrics, baseline: { ...sizes, ...job.baseline } });
  return reason === null ? null : without('stopped', reason, metrics.at(-1));
}

function fallenBehind({ number, job }: OpenTrial, behind: ReadonlyMap<number, string>): TrialEnding | null {
  const reason = behind.get(number);
  return reason === undefined ? null : without('stopped', reason, job ? lastMetrics(job) : undefined);
}

type EndedJob = NonNullable<OpenTrial['job']>;

function judged(job: EndedJob, { sweep }: SweepSession): TrialEnding {
  const metrics = lastMetrics(job);
  if (!metrics || metrics.compressedBytes === undefined) return without('failed', 'its job has no figures', metrics);
  const { outcome, violation, violated, missing } = judgeTrial(
    sweep.document,
    job.baseline ?? sweep.baseline,
    metrics as ModelMetrics,
  );
  if (!outcome) {
    const names = missing.map((name) => METRICS[name].label).join(', ');
    return { ...without('failed', `${names} was not measured`, metrics), violation, violated };
  }
  const { values, constraints = [] } = outcome;
  return {
    state: 'complete',
    metrics,
    outcome: { values: [...values], constraints: [...constraints] },
    violation,
    violated,
    reason: null,
  };
}

const lastMetrics = ({ stages }: EndedJob): StageMetrics | undefined =>
  stages.findLast(({ metrics }) => metrics !== null)?.metrics ?? undefined;

const without = (state: 'stopped' | 'failed', reason: string, metrics?: StageMetrics): TrialEnding => ({
  state,
  reason,
  metrics: metrics ?? null,
  outcome: null,
  violation: null,
  violated: [],
});
