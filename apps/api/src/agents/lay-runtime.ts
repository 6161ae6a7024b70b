import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** Platforms for which the runtime has binaries, as Node.js names them. */
export const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'] as const;
export type AgentPlatform = (typeof PLATFORMS)[number];

/** Where the runtime's binaries of a platform lie in its package. */
const binariesOf = (platform: AgentPlatform): string => join('bin', 'napi-v6', ...platform.split('-'));

/** Whether this installation has the runtime's binaries of a platform. */
export function hasRuntime(platform: AgentPlatform): boolean {
  return existsSync(join(packageFolder('onnxruntime-node', import.meta.url), binariesOf(platform)));
}

/**
 * Lays the runtime into a folder of modules with the binaries of some platforms alone, and without its install script,
 * which would fetch files
 * for graphics cards.
 */
export async function layRuntime(modules: string, platforms: readonly AgentPlatform[]): Promise<void> {
  const runtime = packageFolder('onnxruntime-node', import.meta.url);
  const common = packageFolder('onnxruntime-common', join(runtime, 'package.json'));
  for (const part of ['dist', ...platforms.map(binariesOf)])
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
