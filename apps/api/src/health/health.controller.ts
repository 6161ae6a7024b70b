import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { Readiness } from '#contracts';
import { SkipThrottle } from '@nestjs/throttler';
import type { Response } from 'express';
import { z } from 'zod';
import { Public } from '../auth/public.decorator.js';
import { HealthService } from './health.service.js';

@ApiTags('health')
@Public()
@SkipThrottle()
@Controller()
export class HealthController {
  constructor(private readonly service: HealthService) {}

  @Get('health')
  @ApiOperation({ summary: 'The process is alive' })
  @ApiOkResponse({ standardSchema: z.object({ status: z.literal('ok') }) })
  health() {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'The database, the queue and the store answer' })
  @ApiOkResponse({ standardSchema: Readiness })
  @ApiServiceUnavailableResponse({ standardSchema: Readiness })
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const checks = await this.service.check();
    const isReady = Object.values(checks).every(({ ok }) => ok);
    response.status(isReady ? 200 : 503).setHeader('cache-control', 'no-store');
    return { status: isReady ? 'ok' : 'unavailable', checks };
  }
}
