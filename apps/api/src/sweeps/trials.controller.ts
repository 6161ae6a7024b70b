import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Model, Page, Promotion, Trial, TrialColumns, TrialQuery, TrialSubmission } from '#contracts';
import { SweepRepository, TrialRepository } from '#database';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ApiProblem } from '../openapi/problem-response.js';
import { sendCompressed } from '../requests/send-compressed.js';
import { SweepsService } from './sweeps.service.js';

const SweepId = z.uuid();
const TrialNumber = z.coerce.number().int().min(0).max(0x7fffffff);

@ApiTags('sweeps')
@ApiBearerAuth()
@Controller('v1/sweeps/:id/trials')
export class TrialsController {
  constructor(
    private readonly service: SweepsService,
    private readonly sweeps: SweepRepository,
    private readonly trials: TrialRepository,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The trials of a sweep, in the order of asking' })
  @ApiOkResponse({ standardSchema: Page(Trial) })
  @ApiProblem(400, 404)
  async list(@Param('id', { schema: SweepId }) id: string, @Query({ schema: TrialQuery }) query: TrialQuery) {
    await this.sweeps.assertExists(id);
    return this.trials.list(id, query);
  }

  @Get('columns')
  @ApiOperation({
    summary: 'All trials in columns, in one answer for any number',
    description: 'What tables and plots show of them. What else a trial has is in the list, or in the trial itself.',
  })
  @ApiOkResponse({ standardSchema: TrialColumns })
  @ApiProblem(404)
  async columns(
    @Param('id', { schema: SweepId }) id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.sweeps.assertExists(id);
    await sendCompressed(await this.trials.columns(id), request, response);
  }

  @Post()
  @ApiOperation({ summary: 'Begin a trial made by hand, at once and beside those that run' })
  @ApiCreatedResponse({ standardSchema: Trial })
  @ApiProblem(404, 409, 422)
  add(
    @Param('id', { schema: SweepId }) id: string,
    @Body({ schema: TrialSubmission }) { assignment }: TrialSubmission,
  ): Promise<Trial> {
    return this.service.addTrial(id, assignment);
  }

  @Get(':number')
  @ApiOperation({ summary: 'One trial' })
  @ApiOkResponse({ standardSchema: Trial })
  @ApiProblem(404)
  get(
    @Param('id', { schema: SweepId }) id: string,
    @Param('number', { schema: TrialNumber }) number: number,
  ): Promise<Trial> {
    return this.trials.require(id, number);
  }

  @Post(':number/promote')
  @HttpCode(200)
  @ApiOperation({ summary: "Put the trial's model among the models of the store, under a name" })
  @ApiOkResponse({ standardSchema: Model })
  @ApiProblem(404, 409)
  promote(
    @Param('id', { schema: SweepId }) id: string,
    @Param('number', { schema: TrialNumber }) number: number,
    @Body({ schema: Promotion }) { name }: Promotion,
  ): Promise<Model> {
    return this.service.promote(id, number, name);
  }
}
