import { existsSync } from 'node:fs';
import type { ProcessRequest } from '#contracts';
import { Child, type RunOptions } from './child.js';
import { LaunchError } from './errors.js';

export interface ProcessPoolSettings {
  /** Compiled module that the processes run; it calls `serve`. */
  modulePath: string;
  /** Memory ceiling of a process, in MiB, unless a run asks for less. */
  memoryMb: number;
  /** Deadline of a run in milliseconds, unless the run has its own. */
  timeoutMs: number;
  /** Processes started ahead, so that a run does not wait for modules to load. */
  spares?: number;
}

/**
 * Runs each request in a process of its own. A spare is never used twice: what one file did to a process, no other file
 * meets.
 */
export class ProcessPool {
  private readonly idle: Child[] = [];
  private readonly running = new Set<Child>();
  private closed = false;

  constructor(private readonly settings: ProcessPoolSettings) {
    if (!existsSync(settings.modulePath))
      throw new LaunchError(settings.modulePath, 'it does not exist: build the project first');
    this.refill();
  }

  /** Throws a ProcessError. */
  async run(request: ProcessRequest, options: Partial<RunOptions> = {}): Promise<unknown> {
    const child = this.take();
    this.running.add(child);
    this.refill();
    try {
      const { memoryMb = this.settings.memoryMb, timeoutMs = this.settings.timeoutMs } = options;
      return await child.run(request, { ...options, memoryMb, timeoutMs });
    } finally {
      this.running.delete(child);
    }
  }

  /** Kills every process and resolves when all are gone. */
  async close(): Promise<void> {
    this.closed = true;
    const children = [...this.idle.splice(0), ...this.running];
    await Promise.all(children.map((child) => child.kill()));
  }

  private take(): Child {
    for (let child = this.idle.shift(); child; child = this.idle.shift()) if (child.isAlive) return child;
    return this.start();
  }

  private refill(): void {
    while (!this.closed && this.idle.length < (this.settings.spares ?? 0)) {
      const child = this.start();
      child.unref();
      this.idle.push(child);
    }
  }

  private start(): Child {
    return new Child(this.settings.modulePath, this.settings.memoryMb);
  }
}
