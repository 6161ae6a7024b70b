import { modelSampler, tpeSampler, type CostModel, type PartOption, type Sampler } from '#search';
import { PRESS_BITS, PRESS_SIZES, pressBytes, pressLoss, pressPair } from './problems.js';

/** Ratios that each layer's sensitivity is known at. */
const RATIOS = Array.from({ length: 20 }, (_, i) => (i * 0.95) / 19);
const SETTINGS = PRESS_BITS.flatMap((bits) => RATIOS.map((ratio) => ({ bits, ratio })));

/**
 * Measurements of single layers and of pairs that such a model is made from; none of them is a trial of a whole net.
 */
export const MEASUREMENTS = PRESS_SIZES.length * (PRESS_BITS.length + RATIOS.length + RATIOS.length);

/**
 * What a sweep knows of the compression-like problem before its first trial: bytes by arithmetic, losses by layer and
 * by pair.
 */
const MODEL: CostModel = {
  parts: PRESS_SIZES.map((_, layer) =>
    SETTINGS.map(({ bits, ratio }): PartOption => ({
      cost: pressBytes(layer, bits, ratio),
      loss: pressLoss(layer, bits, ratio),
    })),
  ),
  couplings: PRESS_SIZES.map((_, layer) => ({
    parts: [layer, (layer + 1) % PRESS_SIZES.length],
    cost: () => 0,
    loss: ([option = 0]) => pressPair(layer, SETTINGS[option]!.ratio),
  })),
};

const assign = (options: readonly number[]) =>
  Object.fromEntries(
    options.flatMap((at, layer) => [
      [`bits${layer}`, SETTINGS[at]!.bits],
      [`ratio${layer}`, SETTINGS[at]!.ratio],
    ]),
  );

/** The search seeded by that model's front. */
export const pressModelSampler = (trials: number): Sampler =>
  modelSampler({ model: MODEL, assign, trials, reference: () => [1.1, 1.1], afterwards: tpeSampler() });
