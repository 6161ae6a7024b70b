import { z } from 'zod';

/** Far above what there is: a wrong unit is not taken. */
const MOST_MB = 2 ** 30;
const MOST_MHZ = 1_000_000;
const MOST_PROCESSES = 1_000_000;

const Word = z.string().min(1).max(200);

/** Who decides the frequency of a processor. */
export const GovernorName = z.string().min(1).max(60);

/** What kind of program speaks for a device. */
export const DeviceKind = z.enum(['agent', 'browser', 'native']);
export type DeviceKind = z.infer<typeof DeviceKind>;

/**
 * What of a device decides how long a model takes on it: its identity for results, whatever it is called. Null is what
 * cannot be read there.
 */
export const DeviceFingerprint = z
  .strictObject({
    kind: DeviceKind,
    cpu: Word.describe('Model of the processor.'),
    isa: z
      .array(z.string().min(1).max(40))
      .max(64)
      .describe('Instructions by which the runtime chooses its kernels, such as avx512_vnni, asimddp, i8mm.'),
    cores: z.number().int().min(1).max(4096).describe('Processors that the agent may use.'),
    memoryMb: z.number().int().min(0).max(MOST_MB).nullable(),
    governor: z.string().max(60).nullable().describe('Who decides the frequency, such as performance or powersave.'),
    maxFrequencyMhz: z.number().min(0).max(MOST_MHZ).nullable(),
    os: Word.describe('Operating system and its version, such as linux 6.1.'),
    arch: Word.describe('Such as x64 or arm64.'),
    runtime: Word.describe('What runs models, with its version.'),
    providers: z.array(z.string().min(1).max(60)).min(1).max(32).describe('Execution providers, preferred first.'),
  })
  .meta({ id: 'DeviceFingerprint' });
export type DeviceFingerprint = z.infer<typeof DeviceFingerprint>;

/** How a device is at the moment; null is what cannot be read there. */
export const DeviceCondition = z
  .strictObject({
    temperatureC: z.number().min(-100).max(1000).nullable(),
    frequencyMhz: z.number().min(0).max(MOST_MHZ).nullable().describe('Of the fastest processor, now.'),
    load: z
      .number()
      .min(0)
      .max(MOST_PROCESSES)
      .nullable()
      .describe('Processes that want to run, mean of the last minute.'),
    onBattery: z.boolean().nullable(),
    throttled: z
      .number()
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .nullable()
      .optional()
      .describe('Times that heat has lowered the frequency since the start, where the system counts them.'),
    allowedMhz: z
      .number()
      .min(0)
      .max(MOST_MHZ)
      .nullable()
      .optional()
      .describe('Highest frequency that the system allows now: heat or a power plan may have lowered it.'),
    governor: GovernorName.nullable().optional().describe('Who decides the frequency, now.'),
    batteryPercent: z.number().min(0).max(100).nullable().optional().describe('What the battery holds.'),
  })
  .meta({ id: 'DeviceCondition' });
export type DeviceCondition = z.infer<typeof DeviceCondition>;

/** Of a device that reads nothing of its own state, such as a browser. */
export const UNREAD_CONDITION = {
  temperatureC: null,
  frequencyMhz: null,
  load: null,
  onBattery: null,
} as const satisfies DeviceCondition;
