import { Module } from '@nestjs/common';
import { LocalDevice } from './local-device.js';

@Module({ providers: [LocalDevice] })
export class MachineModule {}
