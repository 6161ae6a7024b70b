import { brotliCompressSync, constants } from 'node:zlib';
import type { Figures } from './figures.js';

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
const saved = (before: number, after: number) => (before > 0 ? 1 - after / before : 0);

/** What channel removal really gained, in words. */
export function channelVerdict(before: Figures, after: Figures): string {
  if (before.parameters === after.parameters) return 'nothing was removed: size and speed are as before';
  return `${percent(saved(before.parameters, after.parameters))} of the parameters removed: ${percent(saved(before.bytes, after.bytes))} smaller on disk, ${percent(saved(before.macs, after.macs))} fewer multiply-accumulates; the time saved is for a device to measure`;
}

/** What zeros really gain: nothing on disk, nothing in time, something once compressed. */
export function sparsityVerdict(sparsity: number, before: Uint8Array, after: Uint8Array): string {
  const smaller = saved(before.length, after.length);
  return `${percent(sparsity)} sparse, ${percent(smaller)} smaller on disk, 0 % faster (kernels multiply zeros too); ${percent(saved(compressedBytes(before), compressedBytes(after)))} smaller once compressed for transfer`;
}

/** Quality 5 costs a tenth of a second per megabyte and is near enough for a verdict; evaluate measures the real figure. */
function compressedBytes(bytes: Uint8Array): number {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).length;
}
