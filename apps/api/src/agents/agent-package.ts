import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ApiError } from '../problems/api-error.js';

const run = promisify(execFile);
const PACKAGE = join('dist', 'agent', 'package');

/** Platforms for which the runtime has binaries, as Node.js names them. */
export const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'] as const;
export type AgentPlatform = (typeof PLATFORMS)[number];

/**
 * The agent that this server serves, as an npm tarball for one platform. The runtime lies in it with the binaries of that platform alone, so that
 * a device needs no registry, and nothing is run when it is installed.
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

  /** The tarball's path, packed at the first wish. Throws ApiError `not_found` where nobody has built the agent. */
  async tarball(platform: AgentPlatform): Promise<string> {
    const { folder, version, packed } = this;
    if (folder === null)
      throw new ApiError('not_found', 'this server has no agent to serve: build it with `npm run build`');
    const path = join(packed, `coldpress-agent-${version}-${platform}.tgz`);
    if (existsSync(path)) return path;
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
    await layRuntime(join(staged, 'node_modules'), platform);
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

/** The runtime without its install script, which would fetch files for graphics cards, and without other platforms. */
async function layRuntime(modules: string, platform: AgentPlatform): Promise<void> {
  const runtime = packageFolder('onnxruntime-node', import.meta.url);
  const common = packageFolder('onnxruntime-common', join(runtime, 'package.json'));
  const binaries = join('bin', 'napi-v6', ...platform.split('-'));
  for (const part of ['dist', binaries])
    await cp(join(runtime, part), join(modules, 'onnxruntime-node', part), { recursive: true });
  await cp(join(common, 'dist/cjs'), join(modules, 'onnxruntime-common/dist/cjs'), { recursive: true });
  const needs = { 'onnxruntime-common': '*' };
  await layManifest(runtime, join(modules, 'onnxruntime-node'), { main: 'dist/index.js', dependencies: needs });
  await layManifest(common, join(modules, 'onnxruntime-common'), { main: 'dist/cjs/index.js' });
}

/** Where a package lies for whoever imports it from there; not all let their manifest be asked for. */
function packageFolder(name: string, from: string): string {
  let folder = dirname(createRequire(from).resolve(name));
  while (basename(folder) !== name) folder = dirname(folder);
  return folder;
}

async function layManifest(from: string, to: string, own: object): Promise<void> {
  const { name, version, license } = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as Manifest;
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'package.json'), JSON.stringify({ name, version, license, ...own }));
}

interface Manifest {
  name: string;
  version: string;
  license: string;
}

const versionIn = (manifest: string): string => (JSON.parse(manifest) as Manifest).version;
