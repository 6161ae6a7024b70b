// Compiles what tests start as processes of their own, and offers servers to whoever asks.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyPage, ensureBuilt } from '../scripts/lib/build.mjs';

export default async function globalSetup() {
  for (const product of ['server', 'dashboard'])
    await ensureBuilt(product).catch((error) => console.error(`\n${error.message}`));
  process.env.COLDPRESS_DASHBOARD_PATH = await pageOfThisRun();
  const { startServerHost } = await import('../dist/libs/testing/src/servers/host.js');
  const host = await startServerHost(process.env.PATH);
  process.env.COLDPRESS_TEST_SERVERS = host.socketPath;
  globalThis.coldpressTestServers = host;
}

/** Another run, or an `npm start` beside this one, may build the page anew while tests show it: they show a copy. */
async function pageOfThisRun() {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-test-page-'));
  globalThis.coldpressTestPage = folder;
  await copyPage(folder).catch((error) => console.error(`\nno page: ${error.message}`));
  return folder;
}
