import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Digest } from '#contracts';
import type { Request, Response } from 'express';
import { ApiDownload } from '../openapi/download.js';
import { ArtifactsService } from './artifacts.service.js';
import { FileSender } from './file-sender.js';

@ApiTags('artifacts')
@ApiBearerAuth()
@Controller('v1/artifacts')
export class ArtifactsController {
  constructor(
    private readonly service: ArtifactsService,
    private readonly files: FileSender,
  ) {}

  @Get(':digest')
  @ApiOperation({ summary: 'Download what a stage wrote; ranges and If-None-Match are honoured' })
  @ApiDownload('application/octet-stream', 'application/json', 'text/markdown', 'text/csv')
  async get(
    @Param('digest', { schema: Digest }) digest: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.files.send(request, response, { digest, name: await this.service.nameOf(digest) });
  }
}
