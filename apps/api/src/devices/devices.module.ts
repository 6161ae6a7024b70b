import { Module } from '@nestjs/common';
import { AgentsController } from '../agents/agents.controller.js';
import { AgentsService } from '../agents/agents.service.js';
import { BenchmarkSweeper } from '../agents/benchmark-sweeper.js';
import { JobWaker } from '../agents/job-waker.js';
import { LeasesService } from '../agents/leases.service.js';
import { DevicesController } from './devices.controller.js';
import { DevicesService } from './devices.service.js';

/** Devices as people see them, and the routes of their agents. */
@Module({
  controllers: [DevicesController, AgentsController],
  providers: [DevicesService, AgentsService, LeasesService, JobWaker, BenchmarkSweeper],
  exports: [DevicesService],
})
export class DevicesModule {}
