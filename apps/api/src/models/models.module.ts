import { Module } from '@nestjs/common';
import { UntrustedModule } from '../untrusted/untrusted.module.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { ModelsController } from './models.controller.js';
import { ModelsService } from './models.service.js';

@Module({
  imports: [UntrustedModule, UploadsModule],
  controllers: [ModelsController],
  providers: [ModelsService],
})
export class ModelsModule {}
