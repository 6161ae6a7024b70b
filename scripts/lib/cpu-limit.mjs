// A thread that ends the process once it has used more CPU time than it may: nothing else ends a loop without an end.
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const EACH_MS = 250;

export const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Starts the thread; what it answers sets the CPU seconds that the process may use from now on. */
export function startCpuLimit() {
  const thread = new Worker(fileURLToPath(import.meta.url), { execArgv: [] });
  thread.unref();
  return (seconds) => thread.postMessage(cpuSeconds() + seconds);
}

if (!isMainThread && parentPort) {
  let limit = Infinity;
  parentPort.on('message', (seconds) => (limit = seconds));
  setInterval(() => {
    if (cpuSeconds() > limit) process.kill(process.pid, 'SIGKILL');
  }, EACH_MS);
}
