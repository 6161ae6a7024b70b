import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AgentError } from '../errors.js';

/** Which version this start came from, so that an update that brings nothing new is not tried for ever. */
const TRIED = 'COLDPRESS_AGENT_UPDATE';

/**
 * Runs the agent that the server serves in the place of this one, and ends with its exit code. Throws AgentError when
 * that brought this version again.
 */
export async function runOther(server: string, version: string, args: readonly string[]): Promise<number> {
  if (process.env[TRIED] === version)
    throw new AgentError(
      'agent_update',
      `${server} serves agent ${version}, and the update to it brought another: install it anew`,
    );
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';
  const url = `${server}/agent-${version}.tgz`;
  const child = spawn(npx, ['--yes', url, ...args], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, [TRIED]: version },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
