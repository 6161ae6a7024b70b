import { brotliCompressSync, constants } from 'node:zlib';
import type { Figures } from '../prune/figures.js';
import type { Gains } from './gains.js';

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
const saved = (before: number, after: number) => (before > 0 ? 1 - after / before : 0);
const milliseconds = (ms: number) => `${ms.toPrecision(3)} ms`;

/** What removal really gained, in words: parameters against the written file and the clock. */
export function channelVerdict(before: Figures, after: Figures, { bytes, latencyMs }: Gains): string {
  if (before.parameters === after.parameters) return 'nothing was removed: size and speed are as before';
  return `${percent(saved(before.parameters, after.parameters))} of the parameters removed: ${percent(saved(bytes.before, bytes.after))} smaller on disk, ${percent(saved(before.macs, after.macs))} fewer multiply-accumulates, ${speed(latencyMs)}`;
}

/** What zeros really gain: nothing on disk, what the clock says in time, something once compressed. */
export function sparsityVerdict(sparsity: number, before: Uint8Array, after: Uint8Array, { bytes, latencyMs }: Gains): string {
  return `${percent(sparsity)} sparse, ${percent(saved(bytes.before, bytes.after))} smaller on disk, ${percent(saved(compressedBytes(before), compressedBytes(after)))} smaller once compressed for transfer, ${speed(latencyMs)} (kernels multiply zeros too)`;
}

/** Time before over time after, with both times, since a ratio of two short times says little. */
function speed(latencyMs: Gains['latencyMs']): string {
  if (!latencyMs) return 'its speed unmeasured, since the model runs on no generated input';
  return `${(latencyMs.before / latencyMs.after).toFixed(2)}x as fast on this machine, ${milliseconds(latencyMs.before)} before and ${milliseconds(latencyMs.after)} after`;
}

/** Quality 5 costs a tenth of a second per megabyte and is near enough for a verdict; evaluate measures the real figure. */
function compressedBytes(bytes: Uint8Array): number {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).length;
}
