import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const AGENT = resolve(__dirname, '../../dist/apps/agent/src/main.js');

/** The agent as a device runs it, in a process and a folder of its own. */
export class AgentProcess {
  private process: ChildProcess | undefined;
  private words = '';

  private constructor(readonly home: string) {}

  /** Enrols with a code and runs. */
  static async enrol(url: string, code: string, name: string, tags: readonly string[] = []): Promise<AgentProcess> {
    const agent = new AgentProcess(await mkdtemp(join(tmpdir(), 'coldpress-agent-')));
    agent.start(['enrol', code, '--server', url, '--name', name, ...tags.flatMap((tag) => ['--tag', tag])]);
    await agent.says(/agent \S+: /);
    return agent;
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  get output(): string {
    return this.words;
  }

  /** Runs again as the device that it is. */
  run(): void {
    this.start(['run']);
  }

  /** Resolves once it has said that since its start, or rejects when it ends before. */
  async says(words: RegExp): Promise<void> {
    while (!words.test(this.words)) {
      if (this.process?.exitCode !== null) throw new Error(`the agent ended:\n${this.words}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Process ids of what it measures in. */
  async children(): Promise<number[]> {
    const text = await readFile(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').catch(() => '');
    return text.trim().split(/\s+/).filter(Boolean).map(Number);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { process } = this;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, 'exit');
    process.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    await rm(this.home, { recursive: true, force: true });
  }

  private start(args: readonly string[]): void {
    this.words = '';
    this.process = spawn(process.execPath, [AGENT, ...args, '--home', this.home], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.words += text));
  }
}
