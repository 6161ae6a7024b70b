import { join } from 'node:path';
import { capture } from '../run.mjs';

/** Lets npm pack a folder; resolves to the tarball's path in `destination`. */
export async function packedPackage(folder, destination) {
  const { npm_execpath: npm, ...environment } = process.env;
  // What this npm was told is not meant for that one.
  for (const name of Object.keys(environment))
    if (/^npm_(config|package|lifecycle)_/.test(name)) delete environment[name];
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const [program, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  const output = await capture(program, [...first, ...args], { cwd: folder, env: environment });
  const [{ filename }] = JSON.parse(output.slice(output.indexOf('[')));
  return join(destination, filename);
}
