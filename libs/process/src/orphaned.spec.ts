import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const MODULE = pathToFileURL(join('dist', 'libs', 'process', 'src', 'orphaned.js')).href;

describe('a process whose parent goes', () => {
  it.each([
    ['before it listens', 'await new Promise((resolve) => setTimeout(resolve, 300));'],
    ['afterwards', ''],
  ])('hears of it %s', async (_when, loading) => {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-orphan-'));
    try {
      const code = join(folder, 'child.mjs');
      const text = `import { whenOrphaned } from '${MODULE}'; ${loading}
        whenOrphaned(process, () => process.exit(7)); setInterval(() => {}, 1000);`;
      await writeFile(code, text);
      const child = fork(code, [], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      await once(child, 'spawn');
      child.disconnect();
      expect((await ended)[0]).toBe(7);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
