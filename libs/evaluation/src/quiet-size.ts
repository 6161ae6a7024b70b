import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { brotliParams } from './size.js';

/** Linux knows the priority of a thread, others only that of the process, which is to keep its own. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  if (process.platform === 'linux') require('node:os').setPriority(19);
  parentPort.postMessage(require('node:zlib').brotliCompressSync(workerData.bytes, { params: workerData.params }).length);
`;

/** The figure of compressedBytes, computed on a thread that leaves the cores to whatever else wants them. */
export async function compressedBytesQuietly(bytes: Uint8Array): Promise<number> {
  const thread = new Worker(THREAD, { eval: true, workerData: { bytes, params: brotliParams(bytes.length) } });
  const [size] = (await once(thread, 'message')) as [number];
  return size;
}
