import { Injectable } from '@nestjs/common';
import { isFinal, type JobEvent, type StoredJobEvent } from '#contracts';
import { EventRepository, JobRepository } from '#database';
import type { Request, Response } from 'express';
import { ApiError } from '../problems/api-error.js';
import { SseWriter } from './sse-writer.js';

/**
 * A job's events as they are recorded: a snapshot, every event after Last-Event-ID in its order, each once, and a last snapshot
 * when the job has ended. Snapshots have no id, so that a client that breaks off at one resumes where it was.
 */
@Injectable()
export class JobStream {
  constructor(
    private readonly jobs: JobRepository,
    private readonly events: EventRepository,
  ) {}

  async send(jobId: string, request: Request, response: Response): Promise<void> {
    const lastId = lastEventId(request);
    const snapshot = await this.jobs.require(jobId);
    await this.assertKnown(jobId, lastId);
    const writer = new SseWriter(response);
    try {
      await writer.send({ type: 'snapshot', job: snapshot });
      for await (const { id, event } of this.upToTheEnd(jobId, lastId, writer.signal)) await writer.send(event, id);
      const final = writer.signal.aborted ? null : await this.jobs.get(jobId);
      if (final) await writer.send({ type: 'snapshot', job: final });
    } finally {
      writer.end();
    }
  }

  /** An event that was never written would be waited for beyond the job's end. */
  private async assertKnown(jobId: string, lastId: number): Promise<void> {
    if (lastId === 0) return;
    const newest = await this.events.newestId(jobId);
    if (lastId > newest)
      throw wrongEventId(
        `the newest event of job ${jobId} is ${newest}, and Last-Event-ID says ${lastId}: leave the header out to get all events`,
        `at most ${newest}`,
      );
  }

  private async *upToTheEnd(jobId: string, lastId: number, signal: AbortSignal): AsyncGenerator<StoredJobEvent> {
    if (await this.isOver(jobId, lastId)) return;
    for await (const stored of this.events.follow(jobId, lastId, signal)) {
      yield stored;
      if (endsJob(stored.event) && (await this.isOver(jobId, stored.id))) return;
    }
  }

  /** A job that ended may have been retried since: only when nothing follows is it over. */
  private async isOver(jobId: string, lastId: number): Promise<boolean> {
    const job = await this.jobs.get(jobId);
    if (job && !isFinal(job.state)) return false;
    return (await this.events.listAfter(jobId, lastId, 1)).length === 0;
  }
}

const endsJob = (event: JobEvent): boolean => event.type === 'job' && isFinal(event.state);

/** Ids are whole numbers from 1; 0 and an empty header are before the first event. */
function lastEventId(request: Request): number {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return 0;
  if (typeof header === 'string' && /^\d{1,10}$/.test(header)) return Number(header);
  throw wrongEventId(
    'Last-Event-ID is the id of an event of this job, a whole number: leave the header out to get all events',
    'not the id of an event',
  );
}

const wrongEventId = (detail: string, message: string): ApiError =>
  new ApiError('invalid_request', detail, [{ field: 'Last-Event-ID', message }]);
