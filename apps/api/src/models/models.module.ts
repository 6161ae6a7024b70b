import { Module } from '@nestjs/common';
import { UntrustedModule } from '../untrusted/untrusted.module.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { ModelsController } from './models.controller.js';
import { ModelGraphs } from './model-graphs.js';
import { ModelsService } from './models.service.js';

@Module({
  imports: [UntrustedModule, UploadsModule],
  controllers: [ModelsController],
  providers: [ModelsService, ModelGraphs],
  exports: [ModelGraphs],
})
export class ModelsModule {}
