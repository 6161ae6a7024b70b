import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { capture, ROOT } from '../run.mjs';
import { layTree } from './copy-tree.mjs';

const TSC = join(ROOT, 'node_modules/tsc7/bin/tsc');

/** Lays the declarations of the libraries beside their code, for who imports the package. */
export async function layTypes(folder) {
  const draft = await mkdtemp(join(ROOT, 'dist', 'types-'));
  const how = ['--declaration', '--emitDeclarationOnly', '--incremental', 'false', '--tsBuildInfoFile', 'null'];
  try {
    await capture(process.execPath, [TSC, '-p', 'tsconfig.json', ...how, '--declarationDir', draft]);
    await layTree(
      join(draft, 'libs'),
      join(folder, 'dist', 'libs'),
      (path) => !/\.(spec|fixture|conformance)\./.test(path),
    );
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
