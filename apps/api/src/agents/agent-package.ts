import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ApiError } from '../problems/api-error.js';
import { hasRuntime, layRuntime, type AgentPlatform } from './lay-runtime.js';

const run = promisify(execFile);
const PACKAGE = join('dist', 'agent', 'package');

/**
 * The agent that this server serves, as an npm tarball for one platform. The runtime lies in it with the binaries of
 * that platform alone, so that a device needs no registry, and nothing is run when it is installed.
 */
export class AgentPackage {
  private readonly packing = new Map<AgentPlatform, Promise<string>>();

  private constructor(
    private readonly folder: string | null,
    /** Of the agent in the package; `unbuilt` where there is none. */
    readonly version: string,
    /** Where tarballs are kept. */
    private readonly packed: string,
  ) {}

  /** What the build made of apps/agent, found from the source tree and from dist alike. */
  static find(workPath: string): AgentPackage {
    const packed = join(workPath, 'agent');
    for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
      const manifest = join(folder, PACKAGE, 'package.json');
      if (!existsSync(manifest)) continue;
      return new AgentPackage(join(folder, PACKAGE), versionIn(readFileSync(manifest, 'utf8')), packed);
    }
    return new AgentPackage(null, 'unbuilt', packed);
  }

  /**
   * The tarball's path, packed at the first wish. Throws ApiError `not_found` where nobody has built the agent, or this
   * installation has no
   * runtime for the platform.
   */
  async tarball(platform: AgentPlatform): Promise<string> {
    const { folder, version, packed } = this;
    if (folder === null)
      throw new ApiError('not_found', 'this server has no agent to serve: build it with `npm run build`');
    const path = join(packed, `coldpress-agent-${version}-${platform}.tgz`);
    if (existsSync(path)) return path;
    if (!hasRuntime(platform))
      throw new ApiError(
        'not_found',
        `this installation has no runtime for ${platform}: a server in a checkout serves agents of every platform, ` +
          'and so does the package that `COLDPRESS_PACK_PLATFORMS=all npm pack` makes there',
      );
    const known = this.packing.get(platform) ?? pack(folder, platform, path);
    this.packing.set(platform, known);
    return known.finally(() => this.packing.delete(platform));
  }
}

/** Lays the package out with its runtime and lets npm pack it. */
async function pack(folder: string, platform: AgentPlatform, path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const draft = await mkdtemp(join(dirname(path), 'packing-'));
  try {
    const staged = join(draft, 'package');
    await cp(folder, staged, { recursive: true });
    await layRuntime(join(staged, 'node_modules'), [platform]);
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const { stdout } = await run(npm, ['pack', '--silent', '--ignore-scripts', '--pack-destination', draft], {
      cwd: staged,
      shell: process.platform === 'win32',
    });
    await rename(join(draft, stdout.trim()), path);
    return path;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const versionIn = (manifest: string): string => (JSON.parse(manifest) as { version: string }).version;
