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
import { Benchmark, Job, JobItem, JobQuery, Page, Preflight } from '#contracts';
import { JobRepository } from '#database';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { FileSender } from '../artifacts/file-sender.js';
import { DevicesService } from '../devices/devices.service.js';
import { JobStream } from '../events/job-stream.js';
import { ApiDownload } from '../openapi/download.js';
import { ApiProblem } from '../openapi/problem-response.js';
import { parseWith } from '../problems/issues.js';
import { Heeds } from '../requests/heeded.js';
import { IdempotencyKey, JobBodies, JobBody } from './job-body.js';
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
  @ApiOperation({ summary: 'Check a job without submitting it' })
  @ApiOkResponse({ standardSchema: Preflight })
  @ApiProblem(404, 422, 507)
  preflight(@Body({ schema: JobBody }) body: JobBody): Promise<Preflight> {
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
    await this.files.send(request, response, reportOf(await this.jobs.require(id), formatFor(request)));
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
