import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { ProblemError, type Client } from '#client';
import { counted, isFinal, type Job } from '#contracts';
import { UsageError } from '../errors.js';

/** What whoever comes by this door may do. */
export interface DoorLimits {
  /** Files outside of this folder are not read. */
  folder: string;
  /** Jobs that may be unfinished at a time. */
  jobs: number;
}

/** Keeps an agent within its limits. */
export class Door {
  private readonly submitted = new Set<string>();
  private coming = 0;

  constructor(
    private readonly client: Client,
    private readonly limits: DoorLimits,
  ) {}

  /**
   * A reference as it is, or a path that lies in the folder. Throws UsageError for a path elsewhere, and for a folder in
   * which a link leads elsewhere.
   */
  async admit(reference: string): Promise<string> {
    const folder = await realpath(this.limits.folder);
    const path = await realpath(resolve(folder, reference)).catch(() => null);
    if (path === null && !/[\\/]/.test(reference)) return reference;
    if (path === null) throw new UsageError(`there is no file ${reference} in ${folder}`);
    await assertInside({ path, reference }, folder, new Set());
    return path;
  }

  /** Submits a job unless too many of this door are unfinished. Throws UsageError then. */
  async submit(submission: () => Promise<Job>): Promise<Job> {
    await this.forgetEnded();
    if (this.submitted.size + this.coming >= this.limits.jobs)
      throw new UsageError(
        `${counted(this.limits.jobs, 'unfinished job')} of this door already (--jobs): wait for one, or cancel one`,
      );
    this.coming += 1;
    try {
      const job = await submission();
      this.submitted.add(job.id);
      return job;
    } finally {
      this.coming -= 1;
    }
  }

  /** A job that cannot be asked for counts: a server that is away lets nobody through. */
  private async forgetEnded(): Promise<void> {
    for (const id of this.submitted) {
      const job = await this.client.getJob({ id }).catch(nullIfGone);
      if (job === null || isFinal(job.state)) this.submitted.delete(id);
    }
  }
}

/** Throws UsageError for a path outside of a folder, or one below which a link leads outside of it. */
async function assertInside(
  { path, reference }: { path: string; reference: string },
  folder: string,
  seen: Set<string>,
): Promise<void> {
  const way = relative(folder, path);
  if (way.startsWith('..') || resolve(folder, way) !== path)
    throw new UsageError(`${reference} lies outside of ${folder}, the only folder that this door reads (--folder)`);
  if (seen.has(path) || !(await stat(path)).isDirectory()) return;
  seen.add(path);
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(entry.parentPath, entry.name);
    const found = await realpath(link).catch(() => null);
    if (found === null) continue;
    await assertInside({ path: found, reference: `${reference}/${relative(path, link)}` }, folder, seen);
  }
}

function nullIfGone(error: unknown): null {
  if (error instanceof ProblemError && error.problem.status === 404) return null;
  throw error;
}
