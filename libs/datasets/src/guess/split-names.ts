import type { SplitName } from '#contracts';

/** What people call each split, best first. */
const NAMES: readonly [SplitName, RegExp][] = [
  ['train', /^(.*[-_.])?(train|training|train2017)([-_.].*)?$/i],
  ['test', /^(.*[-_.])?(test|testing)([-_.].*)?$/i],
  ['test', /^(.*[-_.])?(val|valid|validation|val2017|eval)([-_.].*)?$/i],
  ['calibration', /^(.*[-_.])?(calib|calibration)([-_.].*)?$/i],
];

/** Which of some names is that of each split; a validation split is tested on where there is no test split. */
export function splitsIn(names: readonly string[]): Partial<Record<SplitName, string>> {
  const found: Partial<Record<SplitName, string>> = {};
  for (const [split, pattern] of NAMES) {
    const name = names.find((one) => pattern.test(one));
    if (name !== undefined) found[split] ??= name;
  }
  return found;
}
