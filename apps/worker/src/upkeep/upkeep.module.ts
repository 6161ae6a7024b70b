import { Module } from '@nestjs/common';
import { StagesModule } from '../stages/stages.module.js';
import { Housekeeping } from './housekeeping.js';
import { Reconciler } from './reconciler.js';

/** What is done again and again behind the stages. */
@Module({ imports: [StagesModule], providers: [Housekeeping, Reconciler] })
export class UpkeepModule {}
