import { EvaluateOptions, type DeviceFingerprint, type DeviceSelector, type Recipe } from '#contracts';
import { saturatesSums } from '../int8-kernels.js';

/** A device as far as the range of weights goes. */
export interface RangeDevice {
  name: string;
  tags: readonly string[];
  fingerprint: Pick<DeviceFingerprint, 'kind' | 'arch' | 'isa'>;
}

/**
 * The recipe with the range of 8-bit weights decided by the devices that are to measure what it makes, where quantize
 * leaves it open: within ±64 where one of them saturates beyond, whole where none does. Browsers, and devices that are
 * not enrolled yet, have no say.
 */
export function rangeForDevices(recipe: Recipe, devices: readonly RangeDevice[]): Recipe {
  const passes = recipe.passes.map((step, index) => {
    if (step.pass !== 'quantize' || !isOpen(step.options)) return step;
    const selectors = recipe.passes.slice(index + 1).flatMap(({ pass, options }) => devicesOf(pass, options));
    const asked = devices.filter((device) => selectors.some((selector) => isMeant(selector, device)));
    const deciding = asked.filter(({ fingerprint }) => fingerprint.kind !== 'browser');
    if (deciding.length === 0) return step;
    const reduceRange = deciding.some(({ fingerprint }) => saturatesSums(fingerprint));
    return { ...step, options: { ...step.options, reduceRange } };
  });
  return { ...recipe, passes };
}

/** Whether a recipe names devices at all. */
export function namesDevices({ passes }: Recipe): boolean {
  return passes.some(({ pass, options }) => devicesOf(pass, options).length > 0);
}

function isOpen({ reduceRange = 'auto', scheme = 'static' }: Record<string, unknown>): boolean {
  return reduceRange === 'auto' && (scheme === 'static' || scheme === 'dynamic');
}

function devicesOf(pass: string, options: Record<string, unknown>): readonly DeviceSelector[] {
  if (pass !== 'evaluate') return [];
  const parsed = EvaluateOptions.safeParse(options);
  return parsed.success ? (parsed.data.devices ?? []) : [];
}

function isMeant(selector: DeviceSelector, { name, tags }: RangeDevice): boolean {
  return typeof selector === 'string' ? selector === name : tags.includes(selector.tag);
}
