import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices/devices.module.js';
import { JobStream } from '../events/job-stream.js';
import { RequestsModule } from '../requests/requests.module.js';
import { UntrustedModule } from '../untrusted/untrusted.module.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { Dispatcher } from './dispatcher.js';
import { JobsController } from './jobs.controller.js';
import { JobsService } from './jobs.service.js';
import { Preflights } from './preflights.js';
import { SubmissionService } from './submission.service.js';

@Module({
  imports: [DevicesModule, RequestsModule, UntrustedModule, UploadsModule],
  controllers: [JobsController],
  providers: [JobsService, SubmissionService, Preflights, Dispatcher, JobStream],
  exports: [Dispatcher, Preflights],
})
export class JobsModule {}
