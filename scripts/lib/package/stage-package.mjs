import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT } from '../run.mjs';
import { layTree } from './copy-tree.mjs';
import { layModules, without } from './lay-modules.mjs';
import { layTypes } from './lay-types.mjs';

/** What runs; tests, benchmarks, examples and the sources of the page stay behind. */
const CODE = ['apps/api', 'apps/worker', 'apps/cli', 'apps/agent', 'libs'];
const SPARED = /\.(spec|fixture|conformance)\.|\.map$|\.cache$|\.pyc$|^testing[\\/]/;
const WHOLE = ['dist/agent', 'dist/dashboard', 'libs/database/migrations', 'docs', 'clients/python'];
const DOCUMENTS = ['README.md', 'CHANGELOG.md', 'apps/cli/README.md'];

/**
 * Lays the product as a package into a folder: what is built, its types, and every module that it needs, so that it is
 * installed without a registry
 * and without install scripts. Wants a fresh build.
 */
export async function stagePackage(folder, platforms) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const part of CODE)
    await layTree(join(ROOT, 'dist', part), join(folder, 'dist', part), (path) => !SPARED.test(path));
  for (const part of WHOLE) await layTree(join(ROOT, part), join(folder, part), (path) => !SPARED.test(path));
  await layTypes(folder);
  await layModules(join(folder, 'node_modules'), platforms);
  for (const file of DOCUMENTS) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), await readFile(join(ROOT, file)));
  }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(await manifestFor(platforms), null, 2)}\n`);
}

/** Nothing of these is meant for who installs the package. */
const FOR_DEVELOPERS = ['scripts', 'devDependencies', 'allowScripts', 'private', 'files'];

async function manifestFor(platforms) {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  return {
    ...without(manifest, FOR_DEVELOPERS),
    imports: without(manifest.imports, ['#testing']),
    os: [process.platform],
    cpu: [process.arch],
    bundleDependencies: Object.keys(manifest.dependencies),
    runtimes: platforms,
  };
}
