import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Config } from '#contracts';
import { StageMachineRepository } from '#database';
import { CONFIG } from '#infrastructure';
import { stageMachine } from '../machine/stage-machine.js';

/** Says at start what of this worker enters the keys of stages, by which sweeps are foreseen. */
@Injectable()
export class MachineNote implements OnModuleInit {
  constructor(
    private readonly machines: StageMachineRepository,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.machines.note(stageMachine(this.config));
  }
}
