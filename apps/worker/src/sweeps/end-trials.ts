import { CUT_OFF, isFinal, type JobState, type ModelMetrics, type StageMetrics } from '#contracts';
import type { OpenTrial, SweepSession, TrialEnding } from '#database';
import { goalLabel, hopeless, judgeTrial, type DeviceEvidence } from '#pipeline';
import type { LiveSweep } from './live-sweeps.js';

/**
 * Records the trials whose jobs have ended, and ends those that cannot come to anything. Returns the jobs that are to
 * be cancelled.
 */
export async function endTrials(session: SweepSession, live: LiveSweep): Promise<string[]> {
  const cancel: string[] = [];
  const open = await session.openTrials();
  const behind = (await live.stopping?.behind(session, open)) ?? new Map<number, string>();
  for (const trial of open) {
    const ending =
      (await endingOf(trial, session, live)) ?? earlyEnd(trial, session, live) ?? fallenBehind(trial, behind);
    if (!ending) continue;
    await session.end(trial.number, ending, trial.job?.baseline ?? null);
    if (trial.job && !isFinal(trial.job.state as JobState)) cancel.push(trial.job.id);
  }
  return cancel;
}

/** Null while the job goes on. */
async function endingOf({ job }: OpenTrial, session: SweepSession, live: LiveSweep): Promise<TrialEnding | null> {
  if (!job) return without('stopped', 'its job was deleted');
  if (job.state === 'succeeded') return judged(job, session, await live.evidenceOf(job));
  if (job.state === 'failed') return without('failed', job.error?.message ?? 'its job failed', lastMetrics(job));
  if (session.sweep.state === 'cancelled') return without('cancelled', CUT_OFF, lastMetrics(job));
  if (job.state === 'cancelled') return without('stopped', 'its job was cancelled', lastMetrics(job));
  return null;
}

/** A trial whose size can no longer come down to what is asked ends at once. */
function earlyEnd({ job }: OpenTrial, { sweep }: SweepSession, { sizes }: LiveSweep): TrialEnding | null {
  if (!job) return null;
  const succeeded = job.stages.filter((stage) => stage.state === 'succeeded');
  const metrics = succeeded.flatMap((stage) => stage.metrics ?? []);
  const { constraints } = sweep.document;
  const reason = hopeless(constraints, { passes: job.stages, metrics, baseline: { ...sizes, ...job.baseline } });
  return reason === null ? null : without('stopped', reason, metrics.at(-1));
}

function fallenBehind({ number, job }: OpenTrial, behind: ReadonlyMap<number, string>): TrialEnding | null {
  const reason = behind.get(number);
  return reason === undefined ? null : without('stopped', reason, job ? lastMetrics(job) : undefined);
}

type EndedJob = NonNullable<OpenTrial['job']>;

function judged(job: EndedJob, { sweep }: SweepSession, devices?: DeviceEvidence): TrialEnding {
  const metrics = lastMetrics(job);
  if (!metrics || metrics.compressedBytes === undefined) return without('failed', 'its job has no figures', metrics);
  const evidence = { baseline: job.baseline ?? sweep.baseline, metrics: metrics as ModelMetrics, devices };
  const { outcome, violation, violated, missing, devices: figures } = judgeTrial(sweep.document, evidence);
  if (!outcome) {
    const names = missing.map(goalLabel).join(', ');
    return { ...without('failed', `${names} was not measured`, metrics), devices: figures, violation, violated };
  }
  const { values, constraints = [] } = outcome;
  return {
    state: 'complete',
    metrics,
    devices: figures,
    outcome: { values: [...values], constraints: [...constraints] },
    violation,
    violated,
    reason: null,
  };
}

function lastMetrics({ stages }: EndedJob): StageMetrics | undefined {
  const measured = stages.findLast(({ metrics }) => metrics !== null);
  return measured?.metrics ?? undefined;
}

const without = (state: 'stopped' | 'cancelled' | 'failed', reason: string, metrics?: StageMetrics): TrialEnding => ({
  state,
  reason,
  metrics: metrics ?? null,
  outcome: null,
  violation: null,
  violated: [],
});
