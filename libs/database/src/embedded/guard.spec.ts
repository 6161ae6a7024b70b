import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { spawnGuarded } from './guard.js';

describe('a guarded program', () => {
  const ENDLESS = ['-e', 'setInterval(() => {}, 1000)'];
  const OPTIONS = { cwd: tmpdir(), env: {} };

  it.each(['INT', 'KILL'] as const)('ends by %s when it is stopped in its first moment', async (stop) => {
    const child = spawnGuarded(process.execPath, ENDLESS, { ...OPTIONS, stop });
    const exited = once(child, 'exit');
    child.stdin.end();
    const [code] = (await exited) as [number];
    expect(code).toBe(stop === 'INT' ? 130 : 137);
  });

  it('ends by itself with its own code, and its guard with it', async () => {
    const child = spawnGuarded(process.execPath, ['-e', 'process.exit(7)'], OPTIONS);
    expect(await once(child, 'exit')).toEqual([7, null]);
  });
});
