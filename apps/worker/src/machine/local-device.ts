import { cpus, totalmem } from 'node:os';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DeviceRepository } from '#database';
import { RUNTIME_VERSION } from '#inference';
import { describeHardware, readHardware } from './hardware.js';

/** This machine as a device that measures models: it enrols itself before it takes a stage. */
@Injectable()
export class LocalDevice implements OnModuleInit {
  constructor(private readonly devices: DeviceRepository) {}

  async onModuleInit(): Promise<void> {
    const hardware = readHardware();
    const { cpu, platform } = hardware;
    const memoryBytes = totalmem();
    const facts = { cpu, cores: cpus().length, memoryBytes, platform, runtime: RUNTIME_VERSION };
    await this.devices.enrol(describeHardware(hardware), facts);
  }
}
