import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Device, EnrolmentCode, EnrolmentRequest, Page, type Config } from '#contracts';
import { DeviceRepository, LeaseRepository } from '#database';
import type { Request } from 'express';
import { z } from 'zod';
import { JobWaker } from '../agents/job-waker.js';
import { CONFIG } from '#infrastructure';
import { ApiProblem } from '../openapi/problem-response.js';
import { DevicesService } from './devices.service.js';

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
  @ApiOperation({ summary: 'A code by which one device may enrol within ten minutes, once' })
  @ApiCreatedResponse({ standardSchema: EnrolmentCode })
  async createCode(
    @Body({ schema: EnrolmentRequest }) wishes: EnrolmentRequest,
    @Req() request: Request,
  ): Promise<EnrolmentCode> {
    const { code, expiresAt } = await this.devices.createCode(wishes, CODE_MS);
    const server = `${request.protocol}://${request.get('host')}`;
    const name = wishes.name ?? 'NAME';
    const command = `npx --yes ${server}/agent.tgz enrol ${code} --server ${server} --name ${name}`;
    return { code, expiresAt: expiresAt.toISOString(), command };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One device' })
  @ApiOkResponse({ standardSchema: Device })
  get(@Param('id', { schema: DeviceId }) id: string): Promise<Device> {
    return this.service.get(id);
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
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a device: its key opens nothing from now on, its results stay' })
  @ApiNoContentResponse()
  @ApiProblem(404)
  async remove(@Param('id', { schema: DeviceId }) id: string): Promise<void> {
    await this.devices.remove(id);
    await this.waker.wake(await this.leases.releaseAll(id, this.config.benchmarkAttempts));
  }
}
