import { Injectable } from '@nestjs/common';
import { isFinal, type Job } from '#contracts';
import { JobRepository, type IdempotentAnswer, type KeyClaim, type StoredResponse } from '#database';
import { IdempotentAnswers } from '../requests/idempotent-answers.js';
import { Dispatcher } from './dispatcher.js';
import type { JobBodies } from './job-body.js';
import { SubmissionService } from './submission.service.js';

const CREATED = 201;

@Injectable()
export class JobsService {
  constructor(
    private readonly jobs: JobRepository,
    private readonly answers: IdempotentAnswers,
    private readonly submissions: SubmissionService,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** Accepts one job or a batch, all or none. With a key, a repetition gets the first answer and makes nothing. */
  submit(bodies: JobBodies, key: string | undefined): Promise<StoredResponse> {
    return this.answers.to(bodies, key, (claim) => this.accept(bodies, claim));
  }

  /**
   * Takes the flow out of the queue as well, unless a worker holds a stage of it: the worker is told by the records.
   */
  async cancel(id: string): Promise<Job> {
    const job = await this.jobs.cancel(id);
    if (isFinal(job.state)) this.dispatcher.withdraw(await this.jobs.queueEntry(id));
    return job;
  }

  async retry(id: string): Promise<Job> {
    const { job, entry } = await this.jobs.retry(id);
    this.dispatcher.dispatch([entry]);
    return job;
  }

  delete(id: string): Promise<void> {
    return this.jobs.delete(id);
  }

  private async accept(bodies: JobBodies, claim?: KeyClaim): Promise<StoredResponse> {
    const prepared = await this.submissions.prepare(bodies);
    const bodyOf = (jobs: readonly Job[]) => (Array.isArray(bodies) ? jobs : jobs[0]);
    const toResponse: IdempotentAnswer['toResponse'] = (jobs) => ({ status: CREATED, body: bodyOf(jobs) });
    const jobs = await this.jobs.createAll(prepared, claim && { claim, toResponse });
    const entries = jobs.map(({ id, stages }) => ({ jobId: id, stageCount: stages.length, run: 1 }));
    this.dispatcher.dispatch(entries);
    return toResponse(jobs);
  }
}
