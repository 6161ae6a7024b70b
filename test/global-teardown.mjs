export default async function globalTeardown() {
  await globalThis.coldpressTestServers?.stop();
}
