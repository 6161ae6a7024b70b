import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import {
  Device,
  DeviceHistoryQuery,
  DeviceMeasurement,
  EnrolmentCode,
  EnrolmentRequest,
  Page,
  type Config,
} from '#contracts';
import { DeviceRepository, LeaseRepository } from '#database';
import type { Request } from 'express';
import { z } from 'zod';
import { JobWaker } from '../agents/job-waker.js';
import { NeedsRole } from '../auth/role.js';
import { CONFIG } from '#infrastructure';
import { ApiProblem } from '../openapi/problem-response.js';
import { DevicesService } from './devices.service.js';
import { reachableFrom } from './reachable.js';

const DeviceId = z.uuid();
const CODE_MS = 10 * 60_000;

@ApiTags('devices')
@ApiBearerAuth()
@Controller('v1/devices')
export class DevicesController {
  constructor(
    private readonly service: DevicesService,
    private readonly devices: DeviceRepository,
    private readonly leases: LeaseRepository,
    private readonly waker: JobWaker,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Machines that measure models, each with what it does or why it does nothing' })
  @ApiOkResponse({ standardSchema: Page(Device) })
  async list() {
    return { items: await this.service.list(), nextCursor: null };
  }

  @Post('codes')
  @NeedsRole('admin')
  @ApiOperation({ summary: 'A code by which one device may enrol within ten minutes, once' })
  @ApiCreatedResponse({ standardSchema: EnrolmentCode })
  async createCode(
    @Body({ schema: EnrolmentRequest }) wishes: EnrolmentRequest,
    @Req() request: Request,
  ): Promise<EnrolmentCode> {
    const { code, expiresAt } = await this.devices.createCode(wishes, CODE_MS);
    const origin = `${request.protocol}://${request.get('host')}`;
    const { servers, unreachable } = reachableFrom(origin, this.config.host);
    const server = servers[0] ?? origin;
    const command = `npx --yes ${server}/agent.tgz enrol ${code} --server ${server} --name ${wishes.name ?? 'NAME'}`;
    const filled = new URLSearchParams({ code, ...(wishes.name === undefined ? {} : { name: wishes.name }) });
    const pages = servers.map((each) => `${each}/device#${filled}`);
    return { code, expiresAt: expiresAt.toISOString(), command, pages, unreachable };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One device' })
  @ApiOkResponse({ standardSchema: Device })
  get(@Param('id', { schema: DeviceId }) id: string): Promise<Device> {
    return this.service.get(id);
  }

  @Get(':id/benchmarks')
  @ApiOperation({ summary: 'What a device measured, newest first: the same model again and again, and others' })
  @ApiOkResponse({ standardSchema: Page(DeviceMeasurement) })
  @ApiProblem(400, 404)
  history(
    @Param('id', { schema: DeviceId }) id: string,
    @Query({ schema: DeviceHistoryQuery }) query: DeviceHistoryQuery,
  ) {
    return this.service.historyOf(id, query);
  }

  @Post(':id/drain')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a device finish what it measures and give it nothing more' })
  @ApiOkResponse({ standardSchema: Device })
  async drain(@Param('id', { schema: DeviceId }) id: string): Promise<Device> {
    await this.devices.drain(id);
    return this.service.get(id);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give a device work again that was drained or quarantined' })
  @ApiOkResponse({ standardSchema: Device })
  async resume(@Param('id', { schema: DeviceId }) id: string): Promise<Device> {
    await this.devices.resume(id);
    return this.service.get(id);
  }

  @Delete(':id')
  @NeedsRole('admin')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a device: its key opens nothing from now on, its results stay' })
  @ApiNoContentResponse()
  @ApiProblem(404)
  async remove(@Param('id', { schema: DeviceId }) id: string): Promise<void> {
    await this.devices.remove(id);
    await this.waker.wake(await this.leases.releaseAll(id, this.config.benchmarkAttempts));
  }
}
