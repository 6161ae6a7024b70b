import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import {
  AgentHello,
  AgentWelcome,
  Digest,
  EnrolDevice,
  EnrolledDevice,
  FenceText,
  LeaseAnswer,
  LeaseExtension,
  LeaseFailure,
  LeaseHeartbeat,
  LeaseRequest,
  LeaseResult,
} from '#contracts';
import type { DeviceRow } from '#database';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { FileSender } from '../artifacts/file-sender.js';
import { Caller, DeviceRoute } from '../auth/device-route.js';
import { Public } from '../auth/public.decorator.js';
import { unlessRemoved } from '../auth/removed-device.js';
import { ApiDownload } from '../openapi/download.js';
import { ApiProblem } from '../openapi/problem-response.js';
import { AgentsService } from './agents.service.js';
import { LeasesService } from './leases.service.js';

const LeaseId = z.uuid();

/** What agents say; docs/agent-protocol.md has an exchange of each. */
@ApiTags('agents')
@Controller('v1/agent')
export class AgentsController {
  constructor(
    private readonly service: AgentsService,
    private readonly leases: LeasesService,
    private readonly files: FileSender,
  ) {}

  @Post('enrol')
  @Public()
  @ApiOperation({ summary: 'Trade a code for a device and its key' })
  @ApiCreatedResponse({ standardSchema: EnrolledDevice })
  @ApiProblem(403, 409, 426)
  enrol(@Body({ schema: EnrolDevice }) wishes: EnrolDevice): Promise<EnrolledDevice> {
    return this.service.enrol(wishes);
  }

  @Post('hello')
  @DeviceRoute()
  @HttpCode(200)
  @ApiBearerAuth('device')
  @ApiOperation({ summary: 'The first message of a start: what the device is; leases of earlier starts are free' })
  @ApiOkResponse({ standardSchema: AgentWelcome })
  @ApiProblem(404, 426)
  hello(@Caller() device: DeviceRow, @Body({ schema: AgentHello }) said: AgentHello): Promise<AgentWelcome> {
    return unlessRemoved(device.id, this.service.hello(device, said));
  }

  @Post('leave')
  @DeviceRoute()
  @HttpCode(204)
  @ApiBearerAuth('device')
  @ApiOperation({ summary: 'The device goes for good, as a page that is closed: it is removed, what it holds is free' })
  @ApiNoContentResponse()
  @ApiProblem(404)
  leave(@Caller() device: DeviceRow): Promise<void> {
    return unlessRemoved(device.id, this.service.leave(device));
  }

  @Post('lease')
  @DeviceRoute()
  @HttpCode(200)
  @ApiBearerAuth('device')
  @ApiOperation({ summary: 'Ask for work; the answer comes when there is some, or after waitMs without' })
  @ApiOkResponse({ standardSchema: LeaseAnswer })
  @ApiProblem(404, 409, 426)
  poll(
    @Caller() device: DeviceRow,
    @Body({ schema: LeaseRequest }) wishes: LeaseRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<LeaseAnswer> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    return unlessRemoved(device.id, this.service.poll(device, wishes, gone.signal));
  }

  @Post('leases/:id/heartbeat')
  @DeviceRoute()
  @HttpCode(200)
  @ApiBearerAuth('device')
  @ApiOperation({ summary: 'Go on with a lease' })
  @ApiOkResponse({ standardSchema: LeaseExtension })
  @ApiProblem(409)
  heartbeat(
    @Caller() device: DeviceRow,
    @Param('id', { schema: LeaseId }) id: string,
    @Body({ schema: LeaseHeartbeat }) said: LeaseHeartbeat,
  ): Promise<LeaseExtension> {
    return this.leases.heartbeat({ id, fence: said.fence, deviceId: device.id }, said);
  }

  @Get('leases/:id/models/:digest')
  @DeviceRoute()
  @ApiBearerAuth('device')
  @ApiOperation({ summary: 'Download a model that the lease names' })
  @ApiDownload('application/octet-stream')
  @ApiProblem(409)
  async model(
    @Caller() device: DeviceRow,
    @Param('id', { schema: LeaseId }) id: string,
    @Param('digest', { schema: Digest }) digest: string,
    @Query('fence', { schema: FenceText }) fence: number,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const name = { id, fence, deviceId: device.id };
    await this.files.send(request, response, await this.leases.model(name, digest));
  }

  @Post('leases/:id/result')
  @DeviceRoute()
  @HttpCode(204)
  @ApiBearerAuth('device')
  @ApiOperation({ summary: 'What was measured; of a lost lease it is refused' })
  @ApiNoContentResponse()
  @ApiProblem(409, 422, 507)
  async result(
    @Caller() device: DeviceRow,
    @Param('id', { schema: LeaseId }) id: string,
    @Body({ schema: LeaseResult }) { fence, result }: LeaseResult,
  ): Promise<void> {
    await unlessRemoved(device.id, this.leases.result(device, { id, fence, deviceId: device.id }, result));
  }

  @Post('leases/:id/failure')
  @DeviceRoute()
  @HttpCode(204)
  @ApiBearerAuth('device')
  @ApiOperation({ summary: 'Why it could not be measured, and whether the device is well' })
  @ApiNoContentResponse()
  @ApiProblem(409)
  async failure(
    @Caller() device: DeviceRow,
    @Param('id', { schema: LeaseId }) id: string,
    @Body({ schema: LeaseFailure }) failure: LeaseFailure,
  ): Promise<void> {
    const name = { id, fence: failure.fence, deviceId: device.id };
    await unlessRemoved(device.id, this.leases.failure(name, failure));
  }
}
