import { brotliCompressSync, constants } from 'node:zlib';
import { describeSpeedup } from '#evaluation';
import type { GraphFigures } from '../../pruning/channels/figures.js';
import type { Gains } from './gains.js';

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
const saved = (before: number, after: number) => (before > 0 ? 1 - after / before : 0);

/** What removal really gained, in words: parameters against the written file and the clock. */
export function channelVerdict(before: GraphFigures, after: GraphFigures, { bytes, speed }: Gains): string {
  if (before.parameters === after.parameters) return 'nothing was removed: size and speed are as before';
  const parameters = percent(saved(before.parameters, after.parameters));
  const [disk, macs] = [percent(saved(bytes.before, bytes.after)), percent(saved(before.macs, after.macs))];
  return (
    `${parameters} of the parameters removed: ${disk} smaller on disk, ${macs} fewer multiply-accumulates, ` +
    `${speedWords(speed)}`
  );
}

/** The weights that pruning looked at, and all of the model. */
export interface Zeros {
  /** Of the weights that were pruned. */
  sparsity: number;
  layers: number;
  /** Of all parameters of the model. */
  modelSparsity: number;
}

/** A model's zeros are told apart from those of its pruned layers where they differ by more than this. */
const TELLING = 0.05;

/** What zeros really gain: nothing on disk, what the clock says in time, something once compressed. */
export function sparsityVerdict(
  { sparsity, layers, modelSparsity }: Zeros,
  before: Uint8Array,
  after: Uint8Array,
  { bytes, speed }: Gains,
): string {
  if (layers === 0) return 'nothing was zeroed: every layer was left alone, see skipped for the reasons';
  const ofModel =
    sparsity - modelSparsity > TELLING
      ? ` in ${layers === 1 ? 'the one layer' : `the ${layers} layers`} that can be pruned ` +
        `(${percent(modelSparsity)} of all parameters are zero)`
      : '';
  const disk = percent(saved(bytes.before, bytes.after));
  const transfer = percent(saved(compressedBytes(before), compressedBytes(after)));
  return (
    `${percent(sparsity)} sparse${ofModel}, ${disk} smaller on disk, ${transfer} smaller once compressed for transfer, ` +
    `${speedWords(speed)} (kernels multiply zeros too)`
  );
}

function speedWords(speed: Gains['speed']): string {
  return speed ? describeSpeedup(speed) : 'its speed unmeasured, since the model runs on no generated input';
}

/**
 * Quality 5 costs a tenth of a second per megabyte and is near enough for a verdict; evaluate measures the real figure.
 */
function compressedBytes(bytes: Uint8Array): number {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).length;
}
