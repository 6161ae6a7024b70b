import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const LIMIT = pathToFileURL(resolve(__dirname, '../scripts/lib/cpu-limit.mjs')).href;

/** How a process ends that may use so many CPU seconds more and then does `work`. */
async function endOf(seconds: number, work: string): Promise<unknown[]> {
  const source = `import { startCpuLimit } from '${LIMIT}'; startCpuLimit()(${seconds}); ${work}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: 'ignore' });
  return once(child, 'exit');
}

describe('a limit of CPU time', () => {
  it('ends a loop that never ends', async () => {
    expect(await endOf(0.2, 'await new Promise((resolve) => setTimeout(resolve, 100)); for (;;);')).toEqual([
      null,
      'SIGKILL',
    ]);
  });

  it('keeps no process alive that has nothing more to do', async () => {
    expect(await endOf(60, '')).toEqual([0, null]);
  });
});
