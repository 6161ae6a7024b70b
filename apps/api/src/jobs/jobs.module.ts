import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices/devices.module.js';
import { JobStream } from '../events/job-stream.js';
import { ModelsModule } from '../models/models.module.js';
import { RequestsModule } from '../requests/requests.module.js';
import { UntrustedModule } from '../untrusted/untrusted.module.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { Dispatcher } from './dispatcher.js';
import { JobsController } from './jobs.controller.js';
import { JobOutlooks } from './job-outlooks.js';
import { JobsService } from './jobs.service.js';
import { Preflights } from './preflights.js';
import { StageForecasts } from './stage-forecasts.js';
import { SubmissionService } from './submission.service.js';

@Module({
  imports: [DevicesModule, ModelsModule, RequestsModule, UntrustedModule, UploadsModule],
  controllers: [JobsController],
  providers: [JobsService, SubmissionService, Preflights, StageForecasts, JobOutlooks, Dispatcher, JobStream],
  exports: [Dispatcher, Preflights, StageForecasts],
})
export class JobsModule {}
