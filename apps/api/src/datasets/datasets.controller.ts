import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import {
  DatasetInspection,
  DatasetPreview,
  DatasetQuery,
  DatasetRecord,
  Digest,
  Page,
  PreviewQuery,
  RegisterUri,
  UnstoredPreviewQuery,
} from '#contracts';
import { DatasetRepository } from '#database';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Added } from '../models/models.service.js';
import { ApiProblem } from '../openapi/problem-response.js';
import { ApiRawBody } from '../openapi/raw-body.js';
import { ApiError } from '../problems/api-error.js';
import { parseWith } from '../problems/issues.js';
import { DatasetPreviews } from './dataset-previews.js';
import { DatasetsService } from './datasets.service.js';

const Form = z.object({
  manifest: z.string().describe('dataset.yaml or .json'),
  file: z.array(z.string().meta({ format: 'binary' })).describe('The files that it names.'),
});

@ApiTags('datasets')
@ApiBearerAuth()
@Controller('v1/datasets')
export class DatasetsController {
  constructor(
    private readonly service: DatasetsService,
    private readonly datasets: DatasetRepository,
    private readonly previews: DatasetPreviews,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Upload a data set, or register one that lies elsewhere',
    description:
      'Send the manifest and its files as multipart/form-data, or `{ "uri": "s3://…/dataset.yaml" }` as JSON. The same data set again answers 200 with the same id.',
  })
  @ApiConsumes('multipart/form-data', 'application/json')
  @ApiRawBody({ 'multipart/form-data': Form, 'application/json': RegisterUri })
  @ApiCreatedResponse({ standardSchema: DatasetRecord, description: 'Stored.' })
  @ApiOkResponse({ standardSchema: DatasetRecord, description: 'This data set was stored already.' })
  @ApiProblem(404, 422, 507)
  async add(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<DatasetRecord> {
    const { item, created } = await this.receive(request);
    response.status(created ? 201 : 200).location(`/v1/datasets/${item.id}`);
    return item;
  }

  @Post('preview')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Guess the manifest of data for a model, and show what the model would get of it; nothing is kept',
    description:
      'Send the files as multipart/form-data, with a part `manifest` to try one in place of a guess. A folder of pictures or recordings is sent as one zip archive.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiRawBody({ 'multipart/form-data': Form.partial({ manifest: true }) })
  @ApiOkResponse({ standardSchema: DatasetPreview })
  @ApiProblem(404, 422, 507)
  preview(
    @Req() request: Request,
    @Query({ schema: UnstoredPreviewQuery }) query: UnstoredPreviewQuery,
  ): Promise<DatasetPreview> {
    if (!request.is('multipart/form-data'))
      throw new ApiError('unsupported_media_type', 'send the files of the data as multipart/form-data');
    return this.previews.ofForm(request, query);
  }

  @Get()
  @ApiOperation({ summary: 'List data sets, newest first' })
  @ApiOkResponse({ standardSchema: Page(DatasetRecord) })
  @ApiProblem(400)
  list(@Query({ schema: DatasetQuery }) query: DatasetQuery) {
    return this.datasets.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One data set' })
  @ApiOkResponse({ standardSchema: DatasetRecord })
  @ApiProblem(404)
  get(@Param('id', { schema: Digest }) id: string): Promise<DatasetRecord> {
    return this.datasets.require(id);
  }

  @Get(':id/inspect')
  @ApiOperation({ summary: 'Shapes after preprocessing, classes and samples per split' })
  @ApiOkResponse({ standardSchema: DatasetInspection })
  @ApiProblem(404)
  async inspect(@Param('id', { schema: Digest }) id: string): Promise<DatasetInspection> {
    return (await this.datasets.require(id)).inspection;
  }

  @Get(':id/preview')
  @ApiOperation({ summary: 'Samples of a data set as a model gets them, with labels and what it answers' })
  @ApiOkResponse({ standardSchema: DatasetPreview })
  @ApiProblem(404, 422, 507)
  samples(
    @Param('id', { schema: Digest }) id: string,
    @Query({ schema: PreviewQuery }) query: PreviewQuery,
  ): Promise<DatasetPreview> {
    return this.previews.ofStored(id, query);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget a data set that no job refers to' })
  @ApiNoContentResponse()
  @ApiProblem(404, 409)
  delete(@Param('id', { schema: Digest }) id: string): Promise<void> {
    return this.datasets.delete(id);
  }

  private receive(request: Request): Promise<Added<DatasetRecord>> {
    if (request.is('application/json'))
      return this.service.register(parseWith(RegisterUri, request.body, 'invalid_request', 'the body'));
    if (request.is('multipart/form-data')) return this.service.upload(request);
    throw new ApiError(
      'unsupported_media_type',
      'send the manifest and its files as multipart/form-data, or {"uri": "…"} as application/json',
    );
  }
}
