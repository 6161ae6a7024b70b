import { mkdir, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { AgentUsageError } from '../errors.js';

export interface Service {
  path: string;
  /** What to type so that it runs now and at every start. */
  commands: string[];
}

/**
 * Writes a systemd unit that runs the agent: the system's for root, else the user's own. Throws AgentUsageError where
 * there is no systemd.
 */
export async function writeService(home: string, server: string, isPackage: boolean): Promise<Service> {
  if (process.platform !== 'linux')
    throw new AgentUsageError(
      '--service writes systemd units, which Linux alone has: have `coldpress-agent run` started',
    );
  const isRoot = userInfo().uid === 0;
  const folder = isRoot ? '/etc/systemd/system' : join(homedir(), '.config/systemd/user');
  const path = join(folder, 'coldpress-agent.service');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, unit(commandOf(server, isPackage), home, isRoot));
  const systemctl = isRoot ? 'systemctl' : 'systemctl --user';
  const linger = isRoot ? [] : ['loginctl enable-linger'];
  return { path, commands: [`${systemctl} daemon-reload`, `${systemctl} enable --now coldpress-agent`, ...linger] };
}

/** From the server's package where it came from there, so that each start is of the server's version. */
function commandOf(server: string, isPackage: boolean): string {
  const npx = join(dirname(process.execPath), 'npx');
  return isPackage ? `${npx} --yes ${server}/agent.tgz` : `${process.execPath} ${process.argv[1] ?? ''}`;
}

export function unit(command: string, home: string, isRoot: boolean): string {
  return `[Unit]
Description=Coldpress agent
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=${command} run --home ${home}
Environment=PATH=${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin
Restart=always
RestartSec=10

[Install]
WantedBy=${isRoot ? 'multi-user.target' : 'default.target'}
`;
}
