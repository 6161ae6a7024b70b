import { Module } from '@nestjs/common';
import { LiveSweeps } from './live-sweeps.js';
import { MachineNote } from './machine-note.js';
import { SweepDriver } from './sweep-driver.js';

/** Drives sweeps: what their trials came to, what is tried next. */
@Module({ providers: [LiveSweeps, MachineNote, SweepDriver] })
export class SweepDriverModule {}
