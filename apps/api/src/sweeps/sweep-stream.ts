import { Injectable } from '@nestjs/common';
import { hasEnded, type SweepEvent } from '#contracts';
import { SweepEventRepository, SweepRepository } from '#database';
import type { Request, Response } from 'express';
import { sendEvents } from '../events/event-streams.js';

/** A sweep's events as they are recorded, from a snapshot to its end. */
@Injectable()
export class SweepStream {
  constructor(
    private readonly sweeps: SweepRepository,
    private readonly events: SweepEventRepository,
  ) {}

  /** Throws NotFoundError. */
  async send(id: string, request: Request, response: Response): Promise<void> {
    const { sweeps, events } = this;
    const sweep = await sweeps.require(id);
    const snapshot = async (): Promise<SweepEvent | null> => {
      const now = await sweeps.get(id);
      return now && { type: 'snapshot', sweep: now };
    };
    const log = {
      subject: `sweep ${id}`,
      snapshot,
      newestId: () => events.newestId(id),
      listAfter: (lastId: number, limit: number) => events.listAfter(id, lastId, limit),
      follow: (lastId: number, signal: AbortSignal) => events.follow(id, lastId, signal),
      hasEnded: () => sweeps.isOver(id),
      // Trials of a sweep that was cancelled end behind it.
      isEnd: (event: SweepEvent) => event.type === 'trial' || (event.type === 'sweep' && hasEnded(event.state)),
    };
    await sendEvents<SweepEvent>(log, { type: 'snapshot', sweep }, request, response);
  }
}
