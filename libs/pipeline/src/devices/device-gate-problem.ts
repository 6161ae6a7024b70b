import {
  EvaluateOptions,
  gatedDeviceText,
  selectorText,
  type DeviceGate,
  type DeviceSelector,
  type RecipeStep,
} from '#contracts';
import type { RecipeProblem } from '../errors.js';

/**
 * Why no device would measure what a gate is over, of the last model; null where one will. `changedAt` is the last pass
 * that changes it.
 */
export function deviceGateProblem(
  gate: DeviceGate,
  passes: readonly RecipeStep[],
  changedAt: number,
): RecipeProblem | null {
  const asked = passes.flatMap((step, at) => {
    const options = step.pass === 'evaluate' ? EvaluateOptions.safeParse(step.options).data : undefined;
    return options?.devices ? [{ at, devices: options.devices, benchmark: options.benchmark }] : [];
  });
  if (asked.length === 0)
    return { field: 'device', message: 'no device measures: name some in the option devices of evaluate' };
  const late = asked.filter(({ at }) => at > changedAt);
  if (late.length === 0) {
    const message = `devices measure before the model changes for the last time: move evaluate behind passes[${changedAt}]`;
    return { field: 'device', message };
  }
  const found = late.findLast(({ devices }) => devices.some((selector) => names(selector, gate)));
  if (!found)
    return {
      field: 'device',
      message: nobody(
        gate,
        late.flatMap(({ devices }) => devices),
      ),
    };
  const isBurst = gate.metric === 'lastMinuteMs' || gate.metric === 'sustainedRatio';
  if (isBurst && found.benchmark?.sustained === undefined)
    return { field: 'metric', message: `${gate.metric} is of a long run: set sustained, such as 10m, in benchmark` };
  if (gate.metric === 'joules' && found.benchmark?.energy === false)
    return { field: 'metric', message: 'joules is the energy of a run: leave energy: false out of benchmark' };
  const isUnprofiled = gate.metric === 'providerShare' && found.benchmark?.profile === false;
  return isUnprofiled
    ? { field: 'metric', message: 'providerShare is read off the profile: set profile: true in benchmark' }
    : null;
}

function names(selector: DeviceSelector, { device }: DeviceGate): boolean {
  if (typeof selector === 'string') return selector === device;
  return typeof device !== 'string' && selector.tag === device.tag;
}

function nobody(gate: DeviceGate, devices: readonly DeviceSelector[]): string {
  const asked = devices.map(selectorText).join(', ');
  return `evaluate does not ask ${gatedDeviceText(gate.device)} to measure: it asks ${asked}`;
}
