import { Module } from '@nestjs/common';
import { StagesModule } from '../stages/stages.module.js';
import { FinishProcessor } from './finish.processor.js';
import { ReportGraphs } from './report-graphs.js';
import { ReportWriter } from './report-writer.js';

@Module({ imports: [StagesModule], providers: [FinishProcessor, ReportGraphs, ReportWriter] })
export class JobEndModule {}
