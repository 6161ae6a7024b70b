import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
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
import {
  Page,
  PressSubmission,
  Sweep,
  SweepChange,
  SweepForecast,
  SweepItem,
  SweepQuery,
  SweepResults,
} from '#contracts';
import { SweepRepository } from '#database';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { IdempotencyKey } from '../jobs/job-body.js';
import { ApiProblem } from '../openapi/problem-response.js';
import { ApiError } from '../problems/api-error.js';
import { parseWith } from '../problems/issues.js';
import { Heeds } from '../requests/heeded.js';
import { LaunchService } from './launch.service.js';
import { SweepBody } from './sweep-body.js';
import { SweepStream } from './sweep-stream.js';
import { SweepsService } from './sweeps.service.js';

const SweepId = z.uuid();

@ApiTags('sweeps')
@ApiBearerAuth()
@Controller('v1/sweeps')
export class SweepsController {
  constructor(
    private readonly service: SweepsService,
    private readonly launches: LaunchService,
    private readonly sweeps: SweepRepository,
    private readonly stream: SweepStream,
  ) {}

  @Post()
  @Heeds('idempotency-key')
  @ApiOperation({
    summary: 'Launch a sweep: a recipe in which options are ranges, with objectives and constraints',
    description: 'It is foreseen first. With an Idempotency-Key a repetition gets the first answer.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, schema: { type: 'string', minLength: 1, maxLength: 255 } })
  @ApiCreatedResponse({ standardSchema: Sweep })
  @ApiProblem(404, 409, 422, 507)
  async launch(
    @Body({ schema: SweepBody }) sweepBody: SweepBody,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ) {
    const known = parseWith(IdempotencyKey, key, 'invalid_request', 'the Idempotency-Key');
    const { status, body } = await this.launches.launch(sweepBody, known);
    response.status(status).location(`/v1/sweeps/${(body as Sweep).id}`);
    return body;
  }

  @Post('preflight')
  @HttpCode(200)
  @ApiOperation({ summary: 'What a sweep would take, without launching it' })
  @ApiOkResponse({ standardSchema: SweepForecast })
  @ApiProblem(404, 422, 507)
  preflight(@Body({ schema: SweepBody }) body: SweepBody): Promise<SweepForecast> {
    return this.launches.foresee(body);
  }

  @Post('press')
  @Heeds('idempotency-key')
  @ApiOperation({
    summary:
      'Look for the smallest model within some bounds: space, sampler and budget follow from the model and the data',
    description:
      'The answer is a sweep, whose document tells what is searched. It ends with the best trial measured on the half of the test split that the search did not see.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, schema: { type: 'string', minLength: 1, maxLength: 255 } })
  @ApiCreatedResponse({ standardSchema: Sweep })
  @ApiProblem(404, 409, 422, 507)
  async press(
    @Body({ schema: PressSubmission }) bounds: PressSubmission,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ) {
    const known = parseWith(IdempotencyKey, key, 'invalid_request', 'the Idempotency-Key');
    const { status, body } = await this.launches.press(bounds, known);
    response.status(status).location(`/v1/sweeps/${(body as Sweep).id}`);
    return body;
  }

  @Get()
  @ApiOperation({ summary: 'List sweeps, newest first' })
  @ApiOkResponse({ standardSchema: Page(SweepItem) })
  @ApiProblem(400)
  list(@Query({ schema: SweepQuery }) query: SweepQuery) {
    return this.sweeps.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One sweep: its document, forecast, cost until now and trials by state' })
  @ApiOkResponse({ standardSchema: Sweep })
  @ApiProblem(404)
  get(@Param('id', { schema: SweepId }) id: string): Promise<Sweep> {
    return this.sweeps.require(id);
  }

  @Get(':id/results')
  @ApiOperation({ summary: 'What it has found so far: front, best trials, hypervolume, importance of parameters' })
  @ApiOkResponse({ standardSchema: SweepResults })
  @ApiProblem(404)
  results(@Param('id', { schema: SweepId }) id: string): Promise<SweepResults> {
    return this.service.results(id);
  }

  @Get(':id/export')
  @ApiOperation({ summary: 'Everything about it, as JSON; or its trials, as CSV, by Accept' })
  @ApiResponse({
    status: 200,
    description: '{ sweep, trials, results }, or a line for each trial that has ended.',
    content: { 'application/json': { schema: {} }, 'text/csv': { schema: { type: 'string' } } },
  })
  @ApiProblem(404, 406)
  async export(
    @Param('id', { schema: SweepId }) id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const accepted = request.accepts(['application/json', 'text/csv']);
    if (accepted === false)
      throw new ApiError('not_acceptable', 'a sweep is exported as application/json or text/csv: accept one of these');
    response.setHeader(
      'content-disposition',
      `attachment; filename="sweep-${id}.${accepted === 'text/csv' ? 'csv' : 'json'}"`,
    );
    if (accepted === 'text/csv') response.type('text/csv').send(await this.service.csv(id));
    else response.json(await this.service.exported(id));
  }

  @Get(':id/events')
  @Heeds('last-event-id')
  @SkipThrottle()
  @ApiOperation({
    summary: 'Server-sent events of a sweep, from a snapshot to its end',
    description:
      'A trial is told when it begins and when it ends. Send Last-Event-ID to get every event after it, each once.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string', pattern: '^\\d{0,10}$' } })
  @ApiResponse({
    status: 200,
    description: 'Events, each a SweepEvent as JSON in `data`.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @ApiProblem(404)
  async events(
    @Param('id', { schema: SweepId }) id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.stream.send(id, request, response);
  }

  @Patch(':id')
  @ApiOperation({
    summary: 'Extend or change a sweep: more trials or time, another parallelism, a wider space',
    description:
      'Also while it runs; one that has ended goes on where it is given more. Objectives and constraints stay.',
  })
  @ApiOkResponse({ standardSchema: Sweep })
  @ApiProblem(404, 422)
  change(
    @Param('id', { schema: SweepId }) id: string,
    @Body({ schema: SweepChange }) change: SweepChange,
  ): Promise<Sweep> {
    return this.service.change(id, change);
  }

  @Post(':id/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Begin no trial any more until it is resumed; those that run go on' })
  @ApiOkResponse({ standardSchema: Sweep })
  @ApiProblem(404, 409)
  pause(@Param('id', { schema: SweepId }) id: string): Promise<Sweep> {
    return this.sweeps.pause(id);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Go on after a pause, or after a stop whose trials still run' })
  @ApiOkResponse({ standardSchema: Sweep })
  @ApiProblem(404, 409)
  resume(@Param('id', { schema: SweepId }) id: string): Promise<Sweep> {
    return this.sweeps.resume(id);
  }

  @Post(':id/stop')
  @HttpCode(200)
  @ApiOperation({ summary: 'Begin no trial any more and end with those that run' })
  @ApiOkResponse({ standardSchema: Sweep })
  @ApiProblem(404, 409)
  stop(@Param('id', { schema: SweepId }) id: string): Promise<Sweep> {
    return this.sweeps.stop(id);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'End at once; stages that run are killed' })
  @ApiOkResponse({ standardSchema: Sweep })
  @ApiProblem(404, 409)
  cancel(@Param('id', { schema: SweepId }) id: string): Promise<Sweep> {
    return this.service.cancel(id);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget a sweep that has ended, with its trials and their jobs' })
  @ApiNoContentResponse()
  @ApiProblem(404, 409)
  delete(@Param('id', { schema: SweepId }) id: string): Promise<void> {
    return this.sweeps.delete(id);
  }
}
