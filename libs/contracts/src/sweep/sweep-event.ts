import { z } from 'zod';
import { Sweep, SweepState } from './rest.js';
import { Trial } from './trial.js';

/** What the event stream of a sweep carries; ids grow within a sweep and are the Last-Event-ID. */
export const SweepEvent = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('snapshot'), sweep: Sweep }),
    z.object({ type: z.literal('sweep'), state: SweepState, reason: z.string().nullable() }),
    z.object({ type: z.literal('trial'), trial: Trial }),
  ])
  .meta({ id: 'SweepEvent' });
export type SweepEvent = z.infer<typeof SweepEvent>;

export const StoredSweepEvent = z.object({ id: z.number().int(), at: z.iso.datetime(), event: SweepEvent });
export type StoredSweepEvent = z.infer<typeof StoredSweepEvent>;
