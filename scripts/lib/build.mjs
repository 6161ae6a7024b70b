import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleAgent } from './bundle-agent.mjs';
import { bundleStage } from './bundle-stage.mjs';
import { precompress } from './precompress.mjs';
import { capture, ROOT } from './run.mjs';
import { swapFolder } from './swap-folder.mjs';

const TSC = join(ROOT, 'node_modules/tsc7/bin/tsc');
const VITE = join(ROOT, 'node_modules/vite/bin/vite.js');
const PAGE = join(ROOT, 'dist/dashboard');

/** What is built, from what, and how; a product is built again when a source's path, size or time changed. */
const PRODUCTS = {
  server: {
    sources: [
      'apps/api',
      'apps/worker',
      'apps/cli',
      'apps/agent',
      'libs',
      'test',
      'bench',
      'examples',
      'tsconfig.json',
      'package-lock.json',
    ],
    build: async () => {
      await capture(process.execPath, [TSC, '-p', 'tsconfig.json']);
      await bundleStage();
      await bundleAgent();
    },
  },
  dashboard: {
    sources: [
      'apps/dashboard',
      'libs/contracts/src',
      'libs/client/src',
      'libs/numbers/src',
      'libs/search/src',
      'libs/measurement/src',
      'libs/model-graph/src',
      'package-lock.json',
    ],
    // Beside the old page, which a server may be showing, and in its place once it is whole.
    build: async () => {
      const next = join(ROOT, 'dist/.dashboard-next');
      await capture(process.execPath, [VITE, 'build', '--logLevel', 'warn', '--outDir', next, '--emptyOutDir'], {
        cwd: join(ROOT, 'apps/dashboard'),
        env: { ...process.env, NODE_ENV: 'production' },
      });
      await precompress(next);
      await swapFolder(next, PAGE);
    },
  },
};

/** Builds a product unless it is up to date; several processes may ask at once. */
export async function ensureBuilt(name, say = () => {}) {
  const product = PRODUCTS[name];
  const stamp = stampOf(name);
  const fingerprint = await fingerprintOf(product.sources);
  if ((await readFile(stamp, 'utf8').catch(() => null)) === fingerprint) return;
  await withLock(lockOf(name), async () => {
    if ((await readFile(stamp, 'utf8').catch(() => null)) === fingerprint) return;
    say(`building the ${name}`);
    await product.build();
    await writeFile(stamp, fingerprint);
  });
}

const stampOf = (name) => join(ROOT, 'dist', `.${name}-stamp`);
const lockOf = (name) => join(ROOT, 'dist', `.${name}-lock`);

/** A copy of the built page, which no later build touches. */
export const copyPage = (folder) => withLock(lockOf('dashboard'), () => cp(PAGE, folder, { recursive: true }));

async function fingerprintOf(sources) {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const path of (await filesBelow(source)).sort()) {
      const { size, mtimeMs } = await stat(join(ROOT, path));
      hash.update(`${path} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

async function filesBelow(path) {
  const found = await stat(join(ROOT, path)).catch(() => null);
  if (!found) return [];
  if (!found.isDirectory()) return [path];
  const entries = await readdir(join(ROOT, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
}

const SOURCE = /\.(ts|tsx|json|css|html|svg)$/;

/** One process at a time; the lock of a dead one is void. */
async function withLock(path, work) {
  await mkdir(join(path, '..'), { recursive: true });
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const holder = Number(await readFile(path, 'utf8').catch(() => ''));
      if (holder && !isAlive(holder)) await rm(path, { force: true });
      await sleep(100);
    }
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
