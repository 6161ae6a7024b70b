import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

const ROOT = resolve(__dirname, '..');
/** What a checkout needs to build and run; packages are shared. */
const COPIED = ['apps', 'libs', 'scripts', 'dist', 'package.json', 'package-lock.json', 'tsconfig.json'];
const HEALTH = 'apps/api/src/health/health.controller.ts';
const CAPTION = 'apps/dashboard/src/caption.ts';

/** A copy of the checkout whose sources a test may change, with `npm run dev` at work on it. */
class FollowedCopy {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly output: AsyncIterator<string>,
    private readonly reader: Interface,
  ) {}

  static async start(): Promise<FollowedCopy> {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-dev-'));
    const copies = COPIED.map((name) =>
      cp(join(ROOT, name), join(folder, name), { recursive: true, preserveTimestamps: true }),
    );
    await Promise.all(copies);
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const flags = ['--port', '0', '--page-port', '0', '--data', join(folder, 'data'), '--json'];
    const child = spawn(process.execPath, [join(folder, 'scripts/dev.mjs'), ...flags], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const reader = createInterface({ input: child.stdout });
    return new FollowedCopy(folder, child, reader[Symbol.asyncIterator](), reader);
  }

  /** The next line that it prints. */
  async says(): Promise<Record<string, unknown>> {
    const { value, done } = await this.output.next();
    if (done) throw new Error('npm run dev has ended');
    return JSON.parse(value) as Record<string, unknown>;
  }

  /** Replaces a file as editors do: the new one is written beside it and takes its name. */
  async change(path: string, edit: (text: string) => string): Promise<void> {
    const full = join(this.folder, path);
    const text = await readFile(full, 'utf8');
    const edited = edit(text);
    if (edited === text) throw new Error(`nothing to change in ${path}`);
    await writeFile(`${full}.new`, edited);
    await rename(`${full}.new`, full);
  }

  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null) await once(this.child, 'exit');
    this.reader.close();
    await rm(this.folder, { recursive: true, force: true });
    return this.child.exitCode;
  }
}

const textOf = async (url: string) => (await fetch(url)).text();

describe('npm run dev', () => {
  it('shows each change of the API and of the page, and goes on over code that does not compile', async () => {
    const copy = await FollowedCopy.start();
    try {
      const { url, page } = await copy.says();
      const [document, caption] = [`${url}/openapi.json`, `${page}/src/caption.ts`];
      expect(await textOf(`${page}/ready`)).toContain('"status":"ok"');
      expect(await textOf(caption)).not.toContain('a new line');
      await copy.change(CAPTION, (text) => `${text}\nexport const added = 'a new line';\n`);
      for (const words of ['The process lives', 'The process lives on']) {
        await copy.change(HEALTH, (text) => text.replace(/The process [a-z ]+/, words));
        expect(await copy.says()).toMatchObject({ restarted: true });
        expect(await textOf(document)).toContain(`"${words}"`);
      }
      expect(await textOf(caption)).toContain('a new line');
      await copy.change(HEALTH, (text) => `${text}\nexport const wrong: number = 'a word';\n`);
      expect(await copy.says()).toEqual({ built: false });
      expect(await textOf(document)).toContain('"The process lives on"');
    } finally {
      expect(await copy.stop()).toBe(0);
    }
  });
});
