import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT } from '../run.mjs';
import { bytesIn, checkoutBytes } from './sizes.mjs';

/**
 * Packs the product, installs it into a folder of its own without a registry, and uses it there as a user would: what
 * it must hold, with figures, as
 * the checks of the demo.
 */
export async function checkPackage() {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-package-'));
  const checks = [];
  const check = (name, passed, figures) => checks.push({ name: `the package ${name}`, passed, figures });
  try {
    const packed = await sh('npm', ['pack', '--silent', '--pack-destination', folder], ROOT);
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const tarball = join(folder, `coldpress-${version}.tgz`);
    check(
      'is made by npm pack',
      packed.code === 0,
      packed.code === 0 ? megabytes((await stat(tarball)).size) : packed.text,
    );

    const modules = join(folder, 'installed');
    await mkdir(modules);
    const how = ['--prefix', modules, '--offline', '--no-audit', '--no-fund'];
    const installed = await sh('npm', ['install', ...how, tarball], folder);
    check('is installed without a registry', installed.code === 0, installed.text);

    const bytes = await bytesIn(join(modules, 'node_modules/coldpress'));
    const checkout = await checkoutBytes();
    check('takes half of a checkout at most', bytes <= checkout / 2, `${megabytes(bytes)} of ${megabytes(checkout)}`);

    await copyFile(join(ROOT, 'examples/library/quantize.ts'), join(modules, 'quantize.mts'));
    const typed = await sh(process.execPath, [TSC, ...STRICT, 'quantize.mts'], modules);
    check('has types', typed.code === 0, typed.text);

    const documents = ['docs/datasets.md', 'docs/first-model.md', 'apps/cli/README.md', 'clients/python/README.md'];
    const found = await Promise.all(
      documents.map((path) => stat(join(modules, 'node_modules/coldpress', path)).catch(() => null)),
    );
    const absent = documents.filter((_, at) => found[at] === null);
    check('has the documents that messages name', absent.length === 0, absent.join(', '));

    const user = join(folder, 'user');
    await mkdir(user);
    await copyFile(join(ROOT, 'examples/seed-net/seed-net.onnx'), join(user, 'net.onnx'));
    const coldpress = (...words) => sh(join(modules, 'node_modules/.bin/coldpress'), words, user);
    const said = await coldpress('--version');
    check('says its version', said.text === version, said.text);
    const run = await coldpress('quantize', 'net.onnx', '--scheme', 'dynamic', '-o', 'small.onnx');
    const small = await stat(join(user, 'small.onnx')).catch(() => null);
    check('compresses a model where the user stands', run.code === 0 && small !== null, run.text.split('\n').at(-1));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return checks;
}

const TSC = join(ROOT, 'node_modules/tsc7/bin/tsc');
/** Types are checked as a user of the package would, whose project has those of Node.js besides. */
const STRICT = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023'].concat([
  '--types',
  'node',
  '--typeRoots',
  join(ROOT, 'node_modules/@types'),
]);

/** Runs a program where the user stands, with nothing of the npm or the settings that run this. */
function sh(program, args, cwd) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|COLDPRESS_|INIT_CWD)/.test(name));
  const env = Object.fromEntries(kept);
  env.PATH = [join(process.execPath, '..'), env.PATH].join(delimiter);
  return new Promise((resolve) => {
    execFile(program, args, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? 1) : 0, text: `${stdout}${error ? stderr : ''}`.trim() });
    });
  });
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
