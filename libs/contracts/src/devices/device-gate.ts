import { z } from 'zod';
import { DEVICE_METRIC_NAMES, type DeviceMetric } from './device-metrics.js';
import { DeviceName, DeviceTag } from './selection.js';

const BOUNDS = ['min', 'max', 'maxRatio'] as const;

/** A device by name, or all that were asked by a tag. */
const GatedDevice = z.union([DeviceName, z.strictObject({ tag: DeviceTag })]);
export type GatedDevice = z.infer<typeof GatedDevice>;

const reference = {
  device: GatedDevice.describe('The device, or { tag } for all that were asked by it: each must hold.'),
  metric: z.enum(DEVICE_METRIC_NAMES),
  provider: z
    .string()
    .min(1)
    .max(60)
    .optional()
    .describe('Of providerShare: the execution provider that must have run it; all of it, unless min says less.'),
};

/** A figure of the last model on a device: of several devices of a tag the worst. */
export const DeviceReference = z.strictObject(reference).superRefine(refuseProvider);
export type DeviceReference = z.infer<typeof DeviceReference>;

/** A condition on what devices measure of the last model; on every one of them. */
export const DeviceGate = z
  .strictObject({
    ...reference,
    min: z.number().optional().describe('Lowest value allowed; of speedup by the interval of the ratio.'),
    max: z.number().optional().describe('Highest value allowed; of p50Ms by the interval of the median.'),
    maxRatio: z
      .number()
      .positive()
      .optional()
      .describe('At most so many times the baseline on the same device; of p50Ms by the interval of the ratio.'),
    onFail: z.enum(['fail', 'warn']).optional().describe('A gate that only warns fails nothing; by default it fails.'),
  })
  .superRefine((gate, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    const isShare = gate.metric === 'providerShare';
    refuseProvider(gate, context);
    if (gate.maxRatio !== undefined && (isShare || gate.metric === 'speedup'))
      refuse('maxRatio', `${gate.metric} is no figure that has a ratio to the baseline's: give min`);
    if (!isShare && BOUNDS.every((bound) => gate[bound] === undefined))
      refuse('metric', 'a gate over a figure of a device needs min, max or maxRatio');
  })
  .meta({ id: 'DeviceGate' });
export type DeviceGate = z.infer<typeof DeviceGate>;

function refuseProvider({ metric, provider }: Reference, context: z.RefinementCtx): void {
  const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['provider'], message });
  if (metric === 'providerShare' && provider === undefined)
    refuse('is missing: name the execution provider that must have run the model');
  if (metric !== 'providerShare' && provider !== undefined)
    refuse(`is read for providerShare alone, not for ${metric}: leave it out`);
}

type Reference = { metric: DeviceMetric; provider?: string | undefined };

/** What a figure of a device is called: "p95Ms on pi", "providerShare of QNNExecutionProvider on tag phone". */
export function deviceFigureName({ device, metric, provider }: DeviceReference): string {
  return `${metric}${provider === undefined ? '' : ` of ${provider}`} on ${gatedDeviceText(device)}`;
}

/** The metric that such a name begins with; undefined for another text. */
export function deviceMetricOf(name: string): DeviceMetric | undefined {
  const [metric, ...rest] = name.split(' ');
  return rest.length === 0 ? undefined : DEVICE_METRIC_NAMES.find((known) => known === metric);
}

export const gatedDeviceText = (device: GatedDevice): string =>
  typeof device === 'string' ? device : `tag ${device.tag}`;
