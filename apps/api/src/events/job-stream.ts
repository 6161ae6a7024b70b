import { Injectable } from '@nestjs/common';
import { isFinal, type JobEvent } from '#contracts';
import { EventRepository, JobRepository } from '#database';
import type { Request, Response } from 'express';
import { sendEvents } from './event-streams.js';

/** A job's events as they are recorded, from a snapshot to its end. */
@Injectable()
export class JobStream {
  constructor(
    private readonly jobs: JobRepository,
    private readonly events: EventRepository,
  ) {}

  /** Throws NotFoundError. */
  async send(jobId: string, request: Request, response: Response): Promise<void> {
    const { jobs, events } = this;
    const job = await jobs.require(jobId);
    const snapshot = async (): Promise<JobEvent | null> => {
      const now = await jobs.get(jobId);
      return now && { type: 'snapshot', job: now };
    };
    const log = {
      subject: `job ${jobId}`,
      snapshot,
      newestId: () => events.newestId(jobId),
      listAfter: (lastId: number, limit: number) => events.listAfter(jobId, lastId, limit),
      follow: (lastId: number, signal: AbortSignal) => events.follow(jobId, lastId, signal),
      hasEnded: async () => {
        const now = await jobs.get(jobId);
        return !now || isFinal(now.state);
      },
      isEnd: (event: JobEvent) => event.type === 'job' && isFinal(event.state),
    };
    await sendEvents<JobEvent>(log, { type: 'snapshot', job }, request, response);
  }
}
