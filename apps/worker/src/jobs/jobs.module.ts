import { Module } from '@nestjs/common';
import { StagesModule } from '../stages/stages.module.js';
import { FinishProcessor } from './finish.processor.js';

@Module({ imports: [StagesModule], providers: [FinishProcessor] })
export class JobsModule {}
