import { Module } from '@nestjs/common';
import type { Config } from '#contracts';
import { CONFIG } from '#infrastructure';
import { AgentPackageController } from '../agents/agent-package.controller.js';
import { AgentPackage } from '../agents/agent-package.js';
import { AgentsController } from '../agents/agents.controller.js';
import { AgentsService } from '../agents/agents.service.js';
import { BenchmarkSweeper } from '../agents/benchmark-sweeper.js';
import { JobWaker } from '../agents/job-waker.js';
import { LeasedFiles } from '../agents/leased-files.js';
import { LeasesService } from '../agents/leases.service.js';
import { DevicesController } from './devices.controller.js';
import { DevicesService } from './devices.service.js';

const AGENT_PACKAGE = {
  provide: AgentPackage,
  useFactory: ({ workPath }: Config) => AgentPackage.find(workPath),
  inject: [CONFIG],
};

/** Devices as people see them, and the routes of their agents. */
@Module({
  controllers: [DevicesController, AgentsController, AgentPackageController],
  providers: [AGENT_PACKAGE, DevicesService, AgentsService, LeasesService, LeasedFiles, JobWaker, BenchmarkSweeper],
  exports: [DevicesService],
})
export class DevicesModule {}
