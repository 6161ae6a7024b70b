import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The agent that this server serves. */
export interface AgentPackage {
  /** Of the agent in the package; `unbuilt` where there is none. */
  version: string;
  /** The npm tarball; null before the build has made one. */
  path: string | null;
}

const FOLDER = join('dist', 'agent');

/** What the build made of apps/agent, found from the source tree and from dist alike. */
export function agentPackage(): AgentPackage {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, FOLDER, 'package.json');
    const path = join(folder, FOLDER, 'agent.tgz');
    if (!existsSync(manifest) || !existsSync(path)) continue;
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    return { version, path };
  }
  return { version: 'unbuilt', path: null };
}
