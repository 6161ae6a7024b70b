import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../run.mjs';
import { layTree } from './copy-tree.mjs';
import { nameLibraries } from './name-libraries.mjs';

/** Laid by layRuntime, without what they need for an install script that never runs. */
const RUNTIME = ['onnxruntime-node', 'onnxruntime-common'];
/** Nothing reads these of a package that is installed. */
const SPARED = /\.(map|a|tsbuildinfo)$|(^|[\\/])(CHANGELOG|HISTORY|README)(\.md)?$/i;
/** Declarations are of use where those of the product name them. */
const TYPED = /^node_modules\/(zod|onnx-buf|@bufbuild\/protobuf)$/;
const DECLARATION = /\.[cm]?ts$/;

/**
 * Lays every package that the product needs on this machine into a folder of modules: those of package-lock.json that
 * are here, no development
 * package among them. None has install scripts, or names packages that are not there.
 */
export async function layModules(modules, platforms) {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  const laid = neededPackages(packages).filter((path) => existsSync(join(ROOT, path)));
  const names = new Set(laid.map((path) => path.split('node_modules/').at(-1)));
  for (const path of laid) {
    if (RUNTIME.includes(path.slice('node_modules/'.length))) continue;
    await layPackage(path, join(modules, '..', path), names);
  }
  const { layRuntime } = await import(pathToFileURL(join(ROOT, 'dist/apps/api/src/agents/lay-runtime.js')));
  await layRuntime(modules, platforms);
}

/** Packages of a lock file that are reached from what the product itself asks for, the runtime's own needs left out. */
export function neededPackages(packages) {
  const reached = new Set();
  const reach = (from) => {
    const {
      dependencies = {},
      optionalDependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = packages[from];
    const isWanted = (name) => !peerDependenciesMeta[name]?.optional;
    const peers = Object.keys(peerDependencies).filter(isWanted);
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const path = resolvePackage(packages, from, name);
      if (path === undefined || reached.has(path)) continue;
      reached.add(path);
      if (!RUNTIME.includes(name)) reach(path);
    }
  };
  reach('');
  for (const name of RUNTIME) reached.add(`node_modules/${name}`);
  return [...reached].sort();
}

/** Where Node.js finds a package from another: the nearest folder of modules that has it. */
function resolvePackage(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[path]) return path;
    if (folder === '' || !folder.includes('/node_modules/')) {
      const top = `node_modules/${name}`;
      return packages[top] ? top : undefined;
    }
  }
}

async function layPackage(path, to, names) {
  const from = join(ROOT, path);
  const isSpared = (file) => SPARED.test(file) || (DECLARATION.test(file) && !TYPED.test(path));
  await layTree(from, to, (file) => file !== 'package.json' && !isSpared(file));
  const manifest = JSON.parse(await readFile(join(from, 'package.json'), 'utf8'));
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'package.json'), JSON.stringify(laidManifest(manifest, names)));
  if (existsSync(join(to, 'native', 'pg-symlinks.json'))) await nameLibraries(join(to, 'native'));
}

/**
 * Without scripts and what only developers need. What is laid of peers and optional packages is needed: npm packs no
 * peers.
 */
function laidManifest({ peerDependencies, optionalDependencies, ...manifest }, names) {
  const rest = without(manifest, ['scripts', 'devDependencies', 'peerDependenciesMeta']);
  const present = (wanted = {}) => Object.fromEntries(Object.entries(wanted).filter(([name]) => names.has(name)));
  return {
    ...rest,
    dependencies: { ...present(peerDependencies), ...present(optionalDependencies), ...rest.dependencies },
  };
}

/** An object without some of its keys. */
export const without = (object, keys) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
