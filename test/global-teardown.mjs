import { rm } from 'node:fs/promises';

export default async function globalTeardown() {
  await globalThis.coldpressTestServers?.stop();
  if (globalThis.coldpressTestPage) await rm(globalThis.coldpressTestPage, { recursive: true, force: true });
}
