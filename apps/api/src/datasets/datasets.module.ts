import { Module } from '@nestjs/common';
import { UntrustedModule } from '../untrusted/untrusted.module.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { DatasetsController } from './datasets.controller.js';
import { DatasetPreviews } from './dataset-previews.js';
import { DatasetsService } from './datasets.service.js';

@Module({
  imports: [UntrustedModule, UploadsModule],
  controllers: [DatasetsController],
  providers: [DatasetsService, DatasetPreviews],
})
export class DatasetsModule {}
