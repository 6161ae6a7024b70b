import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { NotEnrolledError } from '../errors.js';

/** Who this machine is on which server. */
const Enrolment = z.object({
  server: z.string(),
  id: z.string(),
  name: z.string(),
  key: z.string(),
});
export type Enrolment = z.infer<typeof Enrolment>;

export const DEFAULT_HOME = join(homedir(), '.coldpress-agent');

/** The folder of an agent: its key, readable by its owner alone, and the models it has downloaded. */
export class Home {
  constructor(readonly path: string) {}

  get modelsPath(): string {
    return join(this.path, 'models');
  }

  private get file(): string {
    return join(this.path, 'device.json');
  }

  /** Throws NotEnrolledError. */
  async enrolment(): Promise<Enrolment> {
    const text = await readFile(this.file, 'utf8').catch(() => '');
    const parsed = Enrolment.safeParse(safeJson(text));
    if (!parsed.success) throw new NotEnrolledError(this.file);
    return parsed.data;
  }

  async keep(enrolment: Enrolment): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const draft = `${this.file}.${process.pid}`;
    await writeFile(draft, `${JSON.stringify(enrolment, null, 2)}\n`, { mode: 0o600 });
    await rename(draft, this.file);
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
