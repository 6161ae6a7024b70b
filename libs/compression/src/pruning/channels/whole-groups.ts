import type { Skipped } from '#contracts';
import { nodeLabel, elementOf } from '#onnx';
import { leftAlone } from '../../left-alone.js';
import type { Group } from './groups.js';
import { limitOf } from './layer-limits.js';
import type { CutGroup, SelectOptions } from './select.js';

/** Groups that could lose channels and lose none under these options, each with what kept it whole. */
export function wholeGroups(cut: readonly CutGroup[], options: SelectOptions): Skipped[] {
  if (options.ratio === 0) return [];
  const whole = cut.filter(({ gone }) => gone.size === 0);
  return whole.map(({ group }) => leftAlone(elementOf(group.producers, 0, 'producer'), reasonOf(group, options)));
}

function reasonOf(group: Group, { ratio, scope, multipleOf, layerLimits, layerLimit }: SelectOptions): string {
  const count = group.units.length;
  const channels = count * group.width;
  const pieces = group.width > 1 ? `, which go ${group.width} at a time,` : '';
  if (count === 1)
    return channels === 1 ? 'it makes a single channel' : `its ${channels} channels can only go all at once`;
  const limit = Math.min(limitOf(layerLimits, group.producers.map(nodeLabel)), scope === 'global' ? layerLimit : 1);
  if (Math.floor(count * limit + 1e-9) === 0)
    return `its ${channels} channels${pieces} stay: its limit lets less than one go`;
  if (scope !== 'global' && Math.floor(count * ratio) === 0)
    return `its ${channels} channels${pieces} stay: ${ratio} of them is less than one`;
  if (multipleOf > 1)
    return `its ${channels} channels${pieces} stay: fewer would not be a multiple of ${multipleOf}, or too few would go`;
  return `its ${channels} channels${pieces} stay: all count more than those that go elsewhere`;
}
