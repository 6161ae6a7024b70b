import { formatDuration, type Job, type JobItem, type JobOutlook } from '#contracts';

/** What a job is called: by its submitter, by its recipe, or by what is done to its model. */
export function jobName({ name, recipe }: Job, modelName: string | undefined): string {
  const ofModel = modelName === undefined ? '' : ` of ${modelName}`;
  const passes = recipe.passes.map(({ pass }) => pass).join(' → ');
  return name ?? recipe.name ?? `${passes}${ofModel}`;
}

/** Share of a job's stages that is done, in per cent. */
function percent({ stages }: Job): number {
  const done = stages.reduce((sum, { state, progress }) => sum + (state === 'succeeded' ? 1 : progress), 0);
  return Math.floor((100 * done) / (stages.length || 1));
}

/** A job's state as a sentence; `left` tells what is left of it, where something does. */
export function stateInWords(job: Job, left: string | null = null): string {
  const stage = job.stages.find(({ state }) => state !== 'succeeded');
  const place = stage && `stage ${stage.index + 1} of ${job.stages.length}, ${stage.pass}`;
  switch (job.state) {
    case 'queued':
      return `Queued: waits for a worker, and begins with ${place ?? 'its end'} when those before it leave one free.`;
    case 'running':
      if (!stage) return 'Running: every stage is done, the report is being written.';
      if (stage.state === 'running') return `Running ${place}${left === null ? '' : `, ${left}`}.`;
      return `Running: ${place}, waits for a worker.`;
    case 'succeeded':
      return job.gatesPassed === false ? 'Done. The model that came out misses a gate.' : 'Done.';
    case 'failed':
      return `Failed${place ? ` in ${place}` : ''}: what was done before is kept, and Retry goes on there.`;
    case 'cancelled':
      return `Cancelled${place ? ` before the end of ${place}` : ''}: Retry goes on there.`;
  }
}

/** The name of a tab: what changes first, then which job it is. */
export function tabTitle(job: Job, name: string): string {
  return `${job.state === 'running' ? `${percent(job)} %` : job.state} · ${name}`;
}

/** Who waits before a job, and who runs meanwhile; `isCut` where more wait than are known. */
export function placeInLine(job: Job, line: { running: JobItem[]; queued: JobItem[]; isCut: boolean }): string {
  const before = line.queued.filter(({ id, createdAt }) => id !== job.id && createdAt < job.createdAt).length;
  const count =
    before === 0 && !line.isCut
      ? 'No job waits'
      : `${line.isCut ? 'At least ' : ''}${before} ${before === 1 ? 'job waits' : 'jobs wait'}`;
  const running = line.running.map(({ name, title }) => `“${name ?? title}”`);
  return `${count} before it. ${running.length === 0 ? 'No job is running.' : `Running now: ${running.join(', ')}.`}`;
}

/** What is left of a job that runs by what its passes took before; empty where nothing tells. */
export function restWords({ seconds, unknown }: Pick<JobOutlook, 'seconds' | 'unknown'>): string {
  if (seconds === null) return '';
  if (unknown.length === 0) return `By earlier runs about ${formatDuration(seconds)} of it are left.`;
  return `By earlier runs at least ${formatDuration(seconds)} are left; ${unknown.join(', ')} has not run on its model yet.`;
}

/** When a job that waits will have ended, where earlier runs tell; else why nobody can say. */
export function outlookWords({ secondsBefore, seconds, unknown, lanes }: JobOutlook): string {
  if (lanes === 0) return 'No worker is connected: nothing begins until one is started.';
  if (secondsBefore === null || seconds === null)
    return `Nobody can tell when it ends: ${unknown.join(', ')} has not run on its model.`;
  const least = unknown.length > 0 ? ' at least' : '';
  const missing = unknown.length > 0 ? ` (not counted: ${unknown.join(', ')}, not run on its model yet)` : '';
  const total = formatDuration(secondsBefore / lanes + seconds);
  return `About ${total}${least} to its end${missing}, of which ${formatDuration(seconds)} are its own passes.`;
}
