import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import { Benchmark, Job, JobCheck, JobItem, JobLineage, JobOutlook, JobQuery, ModelPair, Page } from '#contracts';
import { JobRepository, LineageRepository } from '#database';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { FileSender } from '../artifacts/file-sender.js';
import { DevicesService } from '../devices/devices.service.js';
import { JobStream } from '../events/job-stream.js';
import { ModelGraphs } from '../models/model-graphs.js';
import { ApiDownload } from '../openapi/download.js';
import { ApiProblem } from '../openapi/problem-response.js';
import { parseWith } from '../problems/issues.js';
import { Heeds } from '../requests/heeded.js';
import { IdempotencyKey, JobBodies, JobBody } from './job-body.js';
import { JobOutlooks } from './job-outlooks.js';
import { JobsService } from './jobs.service.js';
import { formatFor, reportOf } from './report.js';
import { SubmissionService } from './submission.service.js';

const JobId = z.uuid();

@ApiTags('jobs')
@ApiBearerAuth()
@Controller('v1/jobs')
export class JobsController {
  constructor(
    private readonly service: JobsService,
    private readonly submissions: SubmissionService,
    private readonly jobs: JobRepository,
    private readonly stream: JobStream,
    private readonly files: FileSender,
    private readonly devices: DevicesService,
    private readonly graphs: ModelGraphs,
    private readonly lineage: LineageRepository,
    private readonly outlooks: JobOutlooks,
  ) {}

  @Post()
  @Heeds('idempotency-key')
  @ApiOperation({
    summary: 'Submit a job, or an array of jobs of which all or none are accepted',
    description: 'Each job is preflighted first. With an Idempotency-Key a repetition gets the first answer.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, schema: { type: 'string', minLength: 1, maxLength: 255 } })
  @ApiCreatedResponse({ standardSchema: z.union([Job, z.array(Job)]) })
  @ApiProblem(404, 409, 422, 507)
  async submit(
    @Body({ schema: JobBodies }) bodies: JobBodies,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { status, body } = await this.service.submit(
      bodies,
      parseWith(IdempotencyKey, key, 'invalid_request', 'the Idempotency-Key'),
    );
    response.status(status);
    if (!Array.isArray(body)) response.location(`/v1/jobs/${(body as Job).id}`);
    return body;
  }

  @Post('preflight')
  @HttpCode(200)
  @ApiOperation({ summary: 'Check a job without submitting it, and tell what it will take' })
  @ApiOkResponse({ standardSchema: JobCheck })
  @ApiProblem(404, 422, 507)
  preflight(@Body({ schema: JobBody }) body: JobBody): Promise<JobCheck> {
    return this.submissions.preflight(body);
  }

  @Get()
  @ApiOperation({
    summary: 'List jobs, newest first',
    description: 'Each with its figures and the progress of its stages; what the stages found is in the job itself.',
  })
  @ApiOkResponse({ standardSchema: Page(JobItem) })
  @ApiProblem(400)
  list(@Query({ schema: JobQuery }) query: JobQuery) {
    return this.jobs.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One job with its stages' })
  @ApiOkResponse({ standardSchema: Job })
  @ApiProblem(404)
  get(@Param('id', { schema: JobId }) id: string): Promise<Job> {
    return this.jobs.require(id);
  }

  @Get(':id/report')
  @ApiOperation({
    summary: 'The evidence of a job that succeeded, as JSON, a model card in Markdown or a page in HTML by Accept',
  })
  @ApiDownload('application/json', 'text/markdown', 'text/html')
  @ApiProblem(406, 409)
  async report(
    @Param('id', { schema: JobId }) id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    // One address has several forms: a cache must not take one for another.
    response.vary('Accept');
    await this.files.send(request, response, reportOf(await this.jobs.require(id), formatFor(request)));
  }

  @Get(':id/graph')
  @ApiOperation({ summary: 'Layers of the model that a job was given, and of the newest that it has made' })
  @ApiOkResponse({ standardSchema: ModelPair })
  @ApiProblem(404, 507)
  async graph(@Param('id', { schema: JobId }) id: string): Promise<ModelPair> {
    return this.graphs.ofJob(await this.jobs.require(id));
  }

  @Get(':id/lineage')
  @ApiOperation({ summary: 'Jobs that computed what this one found in the cache' })
  @ApiOkResponse({ standardSchema: JobLineage })
  @ApiProblem(404)
  async origins(@Param('id', { schema: JobId }) id: string): Promise<JobLineage> {
    return this.lineage.ofJob((await this.jobs.require(id)).id);
  }

  @Get(':id/outlook')
  @ApiOperation({ summary: 'What is before a job that waits, and what it will take, by earlier stages' })
  @ApiOkResponse({ standardSchema: JobOutlook })
  @ApiProblem(404)
  outlook(@Param('id', { schema: JobId }) id: string): Promise<JobOutlook> {
    return this.outlooks.of(id);
  }

  @Get(':id/benchmarks')
  @ApiOperation({ summary: 'What devices measure for a job, each with its state and the reason' })
  @ApiOkResponse({ standardSchema: Page(Benchmark) })
  @ApiProblem(404)
  async benchmarks(@Param('id', { schema: JobId }) id: string) {
    await this.jobs.require(id);
    return { items: await this.devices.benchmarksOf(id), nextCursor: null };
  }

  @Get(':id/events')
  @Heeds('last-event-id')
  @SkipThrottle()
  @ApiOperation({
    summary: 'Server-sent events of a job, from a snapshot to its end',
    description: 'Send Last-Event-ID to get every event after it, each once.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string', pattern: '^\\d{0,10}$' } })
  @ApiResponse({
    status: 200,
    description: 'Events, each a JobEvent as JSON in `data`.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @ApiProblem(404)
  async events(
    @Param('id', { schema: JobId }) id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.stream.send(id, request, response);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a job; a running stage is killed' })
  @ApiOkResponse({ standardSchema: Job })
  @ApiProblem(404, 409)
  cancel(@Param('id', { schema: JobId }) id: string): Promise<Job> {
    return this.service.cancel(id);
  }

  @Post(':id/retry')
  @HttpCode(200)
  @ApiOperation({ summary: 'Run a failed or cancelled job again from the stage where it stopped' })
  @ApiOkResponse({ standardSchema: Job })
  @ApiProblem(404, 409)
  retry(@Param('id', { schema: JobId }) id: string): Promise<Job> {
    return this.service.retry(id);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget a job that has ended' })
  @ApiNoContentResponse()
  @ApiProblem(404, 409)
  delete(@Param('id', { schema: JobId }) id: string): Promise<void> {
    return this.service.delete(id);
  }
}
