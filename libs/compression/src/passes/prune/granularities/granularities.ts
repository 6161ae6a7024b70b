import type { PruneOptions } from '#contracts';
import { blockPattern, nOfMPattern, singleWeights } from '../../../pruning/weights/patterns.js';
import { channel } from './channel.js';
import type { Granularity } from './granularity.js';
import { layer } from './layer.js';
import { zeros } from './zeros.js';

/** Every granularity by name; one of the options without its line here does not compile. */
const BY_NAME: Record<PruneOptions['granularity'], Granularity> = {
  weight: zeros(singleWeights),
  'n:m': zeros(nOfMPattern),
  block: zeros(blockPattern),
  channel,
  layer,
};

/** The granularity that options name. */
export function granularityOf({ granularity }: Pick<PruneOptions, 'granularity'>): Granularity {
  return BY_NAME[granularity];
}
