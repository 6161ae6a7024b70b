import { Global, Module } from '@nestjs/common';
import { ArtifactsController } from './artifacts.controller.js';
import { ArtifactsService } from './artifacts.service.js';
import { FileSender } from './file-sender.js';

@Global()
@Module({ controllers: [ArtifactsController], providers: [ArtifactsService, FileSender], exports: [FileSender] })
export class ArtifactsModule {}
