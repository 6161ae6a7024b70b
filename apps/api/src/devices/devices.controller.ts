import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Page } from '#contracts';
import { DeviceRepository } from '#database';
import { z } from 'zod';
import { ApiProblem } from '../openapi/problem-response.js';

const Device = z
  .object({
    id: z.string(),
    name: z.string(),
    facts: z.object({
      cpu: z.string(),
      cores: z.number(),
      memoryBytes: z.number(),
      platform: z.string(),
      runtime: z.string(),
    }),
  })
  .meta({ id: 'Device' });

@ApiTags('devices')
@ApiBearerAuth()
@Controller('v1/devices')
export class DevicesController {
  constructor(private readonly devices: DeviceRepository) {}

  @Get()
  @ApiOperation({ summary: 'Machines that measure models; a worker enrols its own at start' })
  @ApiOkResponse({ standardSchema: Page(Device) })
  @ApiProblem(401)
  async list() {
    return { items: await this.devices.list(), nextCursor: null };
  }
}
