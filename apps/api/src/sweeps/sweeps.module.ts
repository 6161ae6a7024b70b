import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { ModelsModule } from '../models/models.module.js';
import { RequestsModule } from '../requests/requests.module.js';
import { UntrustedModule } from '../untrusted/untrusted.module.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { EarlierTrials } from './earlier-trials.js';
import { Forecasts } from './forecasts.js';
import { LaunchService } from './launch.service.js';
import { ModelChecks } from './model-checks.js';
import { SweepDocuments } from './sweep-documents.js';
import { SweepStream } from './sweep-stream.js';
import { SweepsController } from './sweeps.controller.js';
import { SweepsService } from './sweeps.service.js';
import { TrialsController } from './trials.controller.js';

@Module({
  imports: [JobsModule, ModelsModule, RequestsModule, UntrustedModule, UploadsModule],
  controllers: [SweepsController, TrialsController],
  providers: [SweepsService, LaunchService, EarlierTrials, Forecasts, ModelChecks, SweepDocuments, SweepStream],
})
export class SweepsModule {}
