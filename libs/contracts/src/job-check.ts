import type { z } from 'zod';
import { Preflight } from './stage-process.js';
import { SweepForecast } from './sweep/rest.js';

/** What stages will take, by earlier ones on the same model. */
export const StagesForecast = SweepForecast.pick({
  stages: true,
  stagesDistinct: true,
  stagesCached: true,
  seconds: true,
  secondsUnknown: true,
  bytes: true,
  bytesUnknown: true,
  memoryMb: true,
}).meta({ id: 'StagesForecast' });
export type StagesForecast = z.infer<typeof StagesForecast>;

/** A preflight as it is answered, with what the job will take; of one that cannot run nothing is foreseen. */
export const JobCheck = Preflight.extend({
  forecast: StagesForecast.nullable().describe('What the job will take; null where it cannot run.'),
}).meta({ id: 'JobCheck' });
export type JobCheck = z.infer<typeof JobCheck>;
