import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Config } from '#contracts';
import { StageMachineRepository } from '#database';
import { CONFIG } from '#infrastructure';
import { stageMachine } from '../machine/stage-machine.js';
import { BackgroundWork } from '../upkeep/background-work.js';

/** Says at start, and every day, what of this worker enters the keys of stages, by which sweeps are foreseen. */
@Injectable()
export class MachineNote extends BackgroundWork implements OnModuleInit {
  protected readonly everyMs = 24 * 3600_000;
  protected readonly failure = 'cannot note what enters the keys of stages';

  constructor(
    private readonly machines: StageMachineRepository,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super();
  }

  async onModuleInit(): Promise<void> {
    await this.round();
  }

  round(): Promise<void> {
    return this.machines.note(stageMachine(this.config));
  }
}
