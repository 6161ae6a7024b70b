import type { Type } from '@nestjs/common';
import type { QueueJobs } from '#contracts';
import { FinishProcessor } from '../jobs/finish.processor.js';
import { StageProcessor } from '../stages/stage.processor.js';
import type { Processor } from './processor.js';

type Processors = { [N in keyof QueueJobs]: Type<Processor<N>> };

/**
 * Who does the jobs of each name. A name without a processor does not compile; each is a provider of its feature's
 * module.
 */
export const PROCESSORS: Processors = {
  stage: StageProcessor,
  finish: FinishProcessor,
};
