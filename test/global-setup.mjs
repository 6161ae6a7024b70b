// Compiles what tests start as processes of their own, and offers servers to whoever asks.
import { ensureBuilt } from '../scripts/lib/build.mjs';

export default async function globalSetup() {
  for (const product of ['server', 'dashboard'])
    await ensureBuilt(product).catch((error) => console.error(`\n${error.message}`));
  const { startServerHost } = await import('../dist/libs/testing/src/servers/host.js');
  const host = await startServerHost(process.env.PATH);
  process.env.COLDPRESS_TEST_SERVERS = host.socketPath;
  globalThis.coldpressTestServers = host;
}
