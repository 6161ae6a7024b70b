import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { RequestsModule } from '../requests/requests.module.js';
import { UntrustedModule } from '../untrusted/untrusted.module.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { Forecasts } from './forecasts.js';
import { LaunchService } from './launch.service.js';
import { ModelChecks } from './model-checks.js';
import { SweepStream } from './sweep-stream.js';
import { SweepsController } from './sweeps.controller.js';
import { SweepsService } from './sweeps.service.js';
import { TrialsController } from './trials.controller.js';

@Module({
  imports: [JobsModule, RequestsModule, UntrustedModule, UploadsModule],
  controllers: [SweepsController, TrialsController],
  providers: [SweepsService, LaunchService, Forecasts, ModelChecks, SweepStream],
})
export class SweepsModule {}
