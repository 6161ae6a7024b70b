import { once } from 'node:events';
import type { Client } from '#client';
import type { Command } from 'commander';
import { serverFor, type CommandServer } from '../own-server.js';

/**
 * The server behind a door of agents: the one that runs, looked for anew at each call, or one that is started at the
 * first call that finds none and ends with the door. Jobs that are unfinished then go on with the next server.
 */
export class DoorServer {
  private own: Promise<CommandServer> | undefined;

  constructor(private readonly command: Command) {}

  /** Throws what connectToServer and startServer throw; the next call tries again then. */
  async connect(): Promise<Client> {
    const pending = (this.own ??= serverFor(this.command, { work: 'door' }));
    try {
      const { client, ownFolder } = await pending;
      if (ownFolder === null) this.own = undefined;
      return client;
    } catch (error) {
      this.own = undefined;
      throw error;
    }
  }

  /** Resolves once the agent has gone and nothing runs any more that was started for it. */
  async untilInputEnds(): Promise<void> {
    const ended = [once(process.stdin, 'end'), once(process.stdin, 'close'), once(process, 'SIGTERM')];
    await Promise.race(ended);
    process.stdin.destroy();
    await this.own?.then((server) => server.close()).catch(() => undefined);
  }
}
