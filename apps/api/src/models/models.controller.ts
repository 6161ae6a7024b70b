import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import {
  Digest,
  Model,
  ModelLayers,
  ModelInspection,
  ModelLineage,
  ModelQuery,
  Page,
  RegisterUri,
  UploadQuery,
} from '#contracts';
import { LineageRepository, ModelRepository } from '#database';
import type { Request, Response } from 'express';
import { FileSender } from '../artifacts/file-sender.js';
import { ApiDownload } from '../openapi/download.js';
import { ApiRawBody } from '../openapi/raw-body.js';
import { z } from 'zod';
import { ApiProblem } from '../openapi/problem-response.js';
import { ApiError } from '../problems/api-error.js';
import { parseWith } from '../problems/issues.js';
import { Heeds } from '../requests/heeded.js';
import { expectedDigest, refuseDigest } from '../uploads/content-digest.js';
import { ModelGraphs } from './model-graphs.js';
import { ModelsService, type Added } from './models.service.js';

/** A model and the files that its tensors name. */
const ModelParts = z.object({
  model: z.string().meta({ format: 'binary' }).describe('The .onnx file.'),
  file: z.array(z.string().meta({ format: 'binary' })).describe('The files of its external data.'),
});

@ApiTags('models')
@ApiBearerAuth()
@Controller('v1/models')
export class ModelsController {
  constructor(
    private readonly service: ModelsService,
    private readonly models: ModelRepository,
    private readonly files: FileSender,
    private readonly graphs: ModelGraphs,
    private readonly lineage: LineageRepository,
  ) {}

  @Post()
  @Heeds('content-digest', 'repr-digest')
  @ApiOperation({
    summary: 'Upload an ONNX file, or register one that lies elsewhere',
    description:
      'Send the bytes as application/octet-stream; a model with external data as multipart/form-data, the part `model` and its data files as `file`, or as application/zip with both; or `{ "uri": "s3://…" }` as JSON. The same bytes again answer 200 with the same id.',
  })
  @ApiConsumes('application/octet-stream', 'multipart/form-data', 'application/zip', 'application/json')
  @ApiQuery({ name: 'name', required: false, schema: { type: 'string', minLength: 1, maxLength: 200 } })
  @ApiHeader({ name: 'Content-Digest', required: false, schema: { type: 'string' } })
  @ApiRawBody({
    'application/octet-stream': 'binary',
    'multipart/form-data': ModelParts,
    'application/zip': 'binary',
    'application/json': RegisterUri,
  })
  @ApiCreatedResponse({ standardSchema: Model, description: 'Stored.' })
  @ApiOkResponse({ standardSchema: Model, description: 'These bytes were stored already.' })
  @ApiProblem(404, 422, 507)
  async add(
    @Req() request: Request,
    @Query('name', { schema: UploadQuery.shape.name }) name: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Model> {
    const { item, created } = await this.receive(request, name);
    response.status(created ? 201 : 200).location(`/v1/models/${item.id}`);
    return item;
  }

  @Get()
  @ApiOperation({ summary: 'List models, newest first' })
  @ApiOkResponse({ standardSchema: Page(Model) })
  @ApiProblem(400)
  list(@Query({ schema: ModelQuery }) query: ModelQuery) {
    return this.models.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One model' })
  @ApiOkResponse({ standardSchema: Model })
  @ApiProblem(404)
  get(@Param('id', { schema: Digest }) id: string): Promise<Model> {
    return this.models.require(id);
  }

  @Get(':id/inspect')
  @ApiOperation({ summary: 'Inputs, outputs, opset, operators, parameters and MACs' })
  @ApiOkResponse({ standardSchema: ModelInspection })
  @ApiProblem(404)
  async inspect(@Param('id', { schema: Digest }) id: string): Promise<ModelInspection> {
    return (await this.models.require(id)).inspection;
  }

  @Get(':id/graph')
  @ApiOperation({
    summary: 'Layers of a model with what they read, how wide their weights are stored, and how many are zero',
  })
  @ApiOkResponse({ standardSchema: ModelLayers })
  @ApiProblem(404, 507)
  async graph(@Param('id', { schema: Digest }) id: string): Promise<ModelLayers> {
    return this.graphs.of((await this.models.require(id)).id);
  }

  @Get(':id/lineage')
  @ApiOperation({ summary: 'What a model was made from, and what jobs made from it' })
  @ApiOkResponse({ standardSchema: ModelLineage })
  @ApiProblem(404)
  async relatives(@Param('id', { schema: Digest }) id: string): Promise<ModelLineage> {
    return this.lineage.ofModel((await this.models.require(id)).id);
  }

  @Get(':id/content')
  @ApiOperation({ summary: 'The ONNX file; ranges and If-None-Match are honoured' })
  @ApiDownload('application/octet-stream', 'application/json', 'text/markdown', 'text/csv')
  async content(
    @Param('id', { schema: Digest }) id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { name } = await this.models.require(id);
    await this.files.send(request, response, { digest: id, name });
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget a model that no job refers to' })
  @ApiNoContentResponse()
  @ApiProblem(404, 409)
  delete(@Param('id', { schema: Digest }) id: string): Promise<void> {
    return this.service.delete(id);
  }

  private receive(request: Request, name: string | undefined): Promise<Added<Model>> {
    if (request.is('application/json')) {
      refuseDigest(request);
      const { uri, name: given } = parseWith(RegisterUri, request.body, 'invalid_request', 'the body');
      if (given !== undefined && name !== undefined && given !== name)
        throw new ApiError('invalid_request', 'the query and the body give the model different names: leave one out', [
          { field: 'name', message: 'given twice' },
        ]);
      return this.service.register({ uri, name: given ?? name });
    }
    if (request.is('multipart/form-data')) {
      refuseDigest(request);
      return this.service.uploadForm(request, name);
    }
    if (request.is('application/zip')) {
      refuseDigest(request);
      return this.service.uploadArchive(request, name);
    }
    if (!request.is('application/octet-stream')) {
      throw new ApiError(
        'unsupported_media_type',
        'send an ONNX file as application/octet-stream, one with external data as multipart/form-data or application/zip, or {"uri": "…"} as application/json',
      );
    }
    return this.service.upload(request, name, expectedDigest(request));
  }
}
