import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SystemReport, type ApiKey } from '#contracts';
import { CallerKey } from '../auth/role.js';
import { SystemService } from './system.service.js';

@ApiTags('system')
@ApiBearerAuth()
@Controller('v1/system')
export class SystemController {
  constructor(private readonly service: SystemService) {}

  @Get()
  @ApiOperation({ summary: 'Queue, workers, throughput, storage, cache and versions; at most ten seconds old' })
  @ApiOkResponse({ standardSchema: SystemReport })
  async report(@CallerKey() { name, role }: ApiKey): Promise<SystemReport> {
    return { ...(await this.service.report()), caller: { name, role } };
  }
}
